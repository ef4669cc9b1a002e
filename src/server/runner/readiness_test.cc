#include "server/runner/readiness.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace wagi::runner {
namespace {

bool isReadable(int fd, int timeout_ms) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, timeout_ms) == 1;
}

TEST(Readiness, IsThatOfWhatTheLoopWaitsFor) {
  boost::asio::io_context loop;
  const int readiness = readinessOf(loop);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  boost::asio::posix::stream_descriptor reading(loop, ends[0]);
  int found = 0;
  reading.async_wait(decltype(reading)::wait_read, [&](auto) { ++found; });
  loop.poll();
  EXPECT_FALSE(isReadable(readiness, 0));
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  EXPECT_TRUE(isReadable(readiness, 10'000));
  loop.poll();
  EXPECT_EQ(found, 1);
  EXPECT_FALSE(isReadable(readiness, 0)) << "what the loop has taken is nobody's wait";
  ::close(ends[1]);
}

TEST(Readiness, IsThatOfTimersToo) {
  boost::asio::io_context loop;
  const int readiness = readinessOf(loop);
  boost::asio::steady_timer timer(loop, std::chrono::milliseconds(1));
  timer.async_wait([](auto) {});
  loop.poll();
  EXPECT_TRUE(isReadable(readiness, 10'000));
}

}  // namespace
}  // namespace wagi::runner
