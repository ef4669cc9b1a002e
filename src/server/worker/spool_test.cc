#include "server/worker/spool.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"

namespace wagi::worker {
namespace {

std::string readAll(Spool& spool, std::size_t piece) {
  std::string all;
  std::vector<std::byte> bytes(piece);
  while (const std::size_t count = spool.read(bytes)) {
    all.append(reinterpret_cast<const char*>(bytes.data()), count);
  }
  return all;
}

// Has a temporary directory for spools' files, which must be empty at the end.
class SpoolTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_TRUE(std::filesystem::is_empty(folder_.path())); }
  SpoolSettings settings(std::size_t memory_bytes_max) const {
    return {memory_bytes_max, directory_.get()};
  }

  const TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-spool-test-").value();
  const UniqueFd directory_{::open(folder_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
};

void append(Spool& spool, const std::string& text) {
  ASSERT_TRUE(spool.append(std::as_bytes(std::span(text))));
}

TEST_F(SpoolTest, GivesBackWhatItWasGiven) {
  for (const std::size_t memory_max : {0u, 5u, 1000u}) {
    Spool spool(settings(memory_max));
    std::string expected;
    for (int i = 0; i < 50; ++i) {
      append(spool, std::to_string(i) + ",");
      expected += std::to_string(i) + ",";
    }
    EXPECT_EQ(spool.size(), expected.size());
    EXPECT_EQ(spool.unread(), expected.size());
    EXPECT_EQ(readAll(spool, 7), expected) << "with " << memory_max << " bytes of memory";
    EXPECT_EQ(spool.unread(), 0u);
  }
}

TEST_F(SpoolTest, IsEmptyBeforeAnythingIsAppended) {
  Spool spool(settings(10));
  EXPECT_EQ(readAll(spool, 3), "");
}

TEST_F(SpoolTest, SaysWhenItsFileCantBeMade) {
  Spool spool({1, -1});
  const auto result = spool.append(std::as_bytes(std::span("abc")));
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("Bad file descriptor"), std::string::npos);
}

}  // namespace
}  // namespace wagi::worker
