#include "server/worker/guest_log.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/sha256.h"

namespace wagi::worker {
namespace {

class GuestLogTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "wagi-log-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string content(const std::string& route) const {
    std::ifstream file(folder_ / sha256Hex(route) / "module.stderr");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
};

void write(GuestStderr& out, const std::string& text) {
  const auto written = out.write(std::as_bytes(std::span(text)));
  EXPECT_EQ(written.count, text.size());
}

TEST_F(GuestLogTest, AppendsUnderTheDigestOfTheRoute) {
  const std::string folder = folder_.string();
  GuestLog log(folder, "/a/...");
  EXPECT_FALSE(std::filesystem::exists(log.path())) << "no file before there is a line";
  GuestStderr first(log);
  write(first, "one\n");
  GuestStderr second(log);
  write(second, "two\n");
  EXPECT_EQ(content("/a/..."), "one\ntwo\n");
}

TEST_F(GuestLogTest, KeepsTheTailOfEachRequest) {
  const std::string folder = folder_.string();
  GuestLog log(folder, "/");
  GuestStderr out(log);
  write(out, std::string(3 * GuestStderr::kTailBytesMax, 'a'));
  write(out, "the end");
  EXPECT_EQ(out.tail().size(), GuestStderr::kTailBytesMax);
  EXPECT_TRUE(out.tail().ends_with("aaathe end"));
}

TEST_F(GuestLogTest, DropsWhatIsOverTheLimitOfARequest) {
  const std::string folder = folder_.string();
  GuestLog log(folder, "/");
  GuestStderr out(log);
  const std::string piece(300 << 10, 'x');
  for (int i = 0; i < 10; ++i) write(out, piece);
  const std::string text = content("/");
  EXPECT_LT(text.size(), GuestStderr::kBytesMax + 100);
  EXPECT_NE(text.find("dropped"), std::string::npos);
  EXPECT_EQ(text.find("dropped"), text.rfind("dropped")) << "said once";
}

TEST_F(GuestLogTest, AFolderThatCantBeMadeEndsNobody) {
  GuestLog log("/proc/nowhere", "/");
  GuestStderr out(log);
  write(out, "lost");
  EXPECT_EQ(out.tail(), "lost");
}

}  // namespace
}  // namespace wagi::worker
