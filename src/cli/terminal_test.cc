#include "cli/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace wagi::cli {
namespace {

using Status = wasi::Output::Status;

class TerminalTest : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    reading_.reset(ends[0]);
    writing_.reset(ends[1]);
  }
  void send(std::string_view text) {
    ASSERT_EQ(::write(writing_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  UniqueFd reading_, writing_;
  std::array<std::byte, 8> buffer_{};
};

TEST_F(TerminalTest, InputSaysThatItMustWait) {
  DescriptorInput in(reading_.get());
  EXPECT_EQ(in.read(buffer_), std::nullopt);
  EXPECT_EQ(in.available(), std::nullopt);
}

TEST_F(TerminalTest, InputReadsWhatIsThereAndThenTheEnd) {
  DescriptorInput in(reading_.get());
  send("twelve bytes");
  EXPECT_EQ(in.available(), 12u);
  EXPECT_EQ(in.read(buffer_), 8u);
  EXPECT_EQ(in.read(buffer_), 4u);
  writing_.reset();
  EXPECT_EQ(in.available(), 0u);
  EXPECT_EQ(in.read(buffer_), 0u);
}

TEST_F(TerminalTest, InputThatIsClosedIsAtItsEnd) {
  const int closed = reading_.get();
  reading_.reset();
  DescriptorInput in(closed);
  EXPECT_EQ(in.read(buffer_), 0u);
  EXPECT_EQ(in.available(), 0u);
}

TEST_F(TerminalTest, OutputWaitsForItsReaderAndLosesNothing) {
  // Another process that shares a terminal may have made it non-blocking.
  ASSERT_EQ(::fcntl(writing_.get(), F_SETFL, O_NONBLOCK), 0);
  const std::string text(1 << 20, 'x');  // A pipe holds less.
  std::string received;
  std::thread reader([&] {
    std::array<char, 4096> chunk;
    ssize_t count = 0;
    while ((count = ::read(reading_.get(), chunk.data(), chunk.size())) > 0) {
      received.append(chunk.data(), static_cast<std::size_t>(count));
    }
  });
  DescriptorOutput out(writing_.get());
  const auto written = out.write(std::as_bytes(std::span(text)));
  writing_.reset();
  reader.join();
  EXPECT_EQ(written.status, Status::kOk);
  EXPECT_EQ(written.count, text.size());
  EXPECT_EQ(received, text);
}

TEST_F(TerminalTest, OutputTellsWhetherThereIsRoom) {
  DescriptorOutput out(writing_.get());
  const std::vector<std::byte> piece(wasi::Output::kPieceBytes);
  std::size_t pieces = 0;
  while (out.writable()) {
    // This would block for ever if writable() were true without room for all of `piece`.
    ASSERT_EQ(out.write(piece).count, piece.size());
    ASSERT_LT(++pieces, 10'000);
  }
  EXPECT_GT(pieces, 0u);
  std::vector<char> taken(piece.size());
  ASSERT_EQ(::read(reading_.get(), taken.data(), taken.size()), static_cast<ssize_t>(taken.size()));
  EXPECT_TRUE(out.writable());
}

TEST_F(TerminalTest, APipeIsNoTerminalAndATerminalIsOne) {
  EXPECT_FALSE(DescriptorInput(reading_.get()).terminal());
  EXPECT_FALSE(DescriptorOutput(writing_.get()).terminal());
  const UniqueFd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(master);
  ASSERT_EQ(::unlockpt(master.get()), 0);
  std::array<char, 64> name{};
  ASSERT_EQ(::ptsname_r(master.get(), name.data(), name.size()), 0);
  const UniqueFd terminal(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal);
  EXPECT_TRUE(DescriptorInput(terminal.get()).terminal());
  EXPECT_TRUE(DescriptorOutput(terminal.get()).terminal());
}

TEST_F(TerminalTest, OutputWithoutAReaderIsClosed) {
  ::signal(SIGPIPE, SIG_IGN);
  reading_.reset();
  DescriptorOutput out(writing_.get());
  EXPECT_EQ(out.write(buffer_).status, Status::kClosed);
}

}  // namespace
}  // namespace wagi::cli
