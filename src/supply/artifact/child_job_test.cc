#include "supply/artifact/child_job.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <tuple>

#include "base/unique_fd.h"

namespace wagi::artifact {
namespace {

using testing::HasSubstr;

void finish(ChildJob& job) {
  while (!job.read()) {
    pollfd entry{job.fd(), POLLIN, 0};
    ASSERT_EQ(::poll(&entry, 1, 10'000), 1);
  }
}

Result<std::string> resultOf(const ChildJob::Work& work) {
  auto job = ChildJob::start(work).value();
  finish(job);
  return job.take();
}

TEST(ChildJob, GivesBackWhatTheWorkReturned) {
  const std::string bytes = std::string(300'000, '=') + std::string("\0\xff", 2);
  EXPECT_EQ(resultOf([&](auto&) { return bytes; }).value(), bytes);
  EXPECT_EQ(resultOf([&](auto&) { return std::string(); }).value(), "");
}

TEST(ChildJob, GivesBackItsError) {
  EXPECT_EQ(resultOf([](auto&) -> Result<std::string> { return fail("no luck"); }).error().message,
            "no luck");
  EXPECT_EQ(resultOf([](auto&) -> Result<std::string> { throw std::runtime_error("thrown"); })
                .error()
                .message,
            "thrown");
}

TEST(ChildJob, SaysWhatItIsAt) {
  auto job = ChildJob::start([](const ChildJob::Say& say) -> Result<std::string> {
               say('a');
               say('b');
               return "done";
             }).value();
  EXPECT_EQ(job.said(), 0);
  finish(job);
  EXPECT_EQ(job.said(), 'b');
  EXPECT_EQ(job.take().value(), "done");
}

TEST(ChildJob, ACrashIsAnError) {
  EXPECT_THAT(resultOf([](auto&) -> Result<std::string> {
                ::raise(SIGKILL);
                return "";
              })
                  .error()
                  .message,
              HasSubstr("ended by signal 9"));
  EXPECT_THAT(resultOf([](auto&) -> Result<std::string> { ::_exit(3); }).error().message,
              HasSubstr("ended with code 3"));
}

TEST(ChildJob, OneThatSaysTooMuchIsEnded) {
  EXPECT_THAT(
      resultOf([](auto&) { return std::string(ChildJob::kAnswerBytesMax, 'x'); }).error().message,
      HasSubstr("said more than 64 MiB"));
}

TEST(ChildJob, KeepsTheDescriptorsThatItIsGiven) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  auto job = ChildJob::start(
                 [&](const auto&) -> Result<std::string> {
                   const bool closed = ::fcntl(reading.get(), F_GETFD) == -1;
                   return ::write(writing.get(), "x", 1) == 1 && closed ? "good" : "bad";
                 },
                 {writing.get()})
                 .value();
  writing.reset();
  finish(job);
  EXPECT_EQ(job.take().value(), "good");
  char byte = 0;
  EXPECT_EQ(::read(reading.get(), &byte, 1), 1);
}

TEST(ChildJob, ItsLastWordsSayWhy) {
  EXPECT_THAT(
      resultOf([](auto&) -> Result<std::string> {
        std::ignore = ::write(STDERR_FILENO, "the ice is thin\n", 16);
        std::abort();
      })
          .error()
          .message,
      testing::AllOf(HasSubstr("ended by signal 6"), HasSubstr("it said: the ice is thin")));
}

TEST(ChildJob, NeverWaitsForAReaderOfItsWords) {
  const auto error = resultOf([](auto&) -> Result<std::string> {
                       const std::string much(1'000'000, 'x');
                       std::ignore = ::write(STDERR_FILENO, much.data(), much.size());
                       ::_exit(3);
                     }).error();
  EXPECT_LT(error.message.size(), ChildJob::kQuotedBytesMax + 100);
}

TEST(ChildJob, DiesWithItsJob) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    const auto job = ChildJob::start([&](auto&) -> Result<std::string> {
                       for (;;) ::pause();
                     }).value();
    ::close(ends[1]);
  }
  // The child held the last writing end, so this ends only because the child has.
  char byte = 0;
  EXPECT_EQ(::read(ends[0], &byte, 1), 0);
  ::close(ends[0]);
}

}  // namespace
}  // namespace wagi::artifact
