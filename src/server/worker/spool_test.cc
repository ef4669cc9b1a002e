#include "server/worker/spool.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/unique_fd.h"
#include "server/worker/fake_exchange.h"

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

// Gives the body of `exchange` to spoolBody(), and its result.
std::expected<void, Unprepared> spoolAll(FakeExchange& exchange, Spool& spool,
                                         std::uint64_t bytes_max) {
  return exchange.resultOf(spoolBody(exchange, spool, bytes_max));
}

TEST_F(SpoolTest, TakesABodyAsItComes) {
  FakeExchange exchange;
  exchange.body = {"one, ", "two, ", "three"};
  Spool spool(settings(7));
  EXPECT_TRUE(spoolAll(exchange, spool, 15));
  EXPECT_EQ(exchange.waits.size(), 3u);
  EXPECT_EQ(readAll(spool, 100), "one, two, three");
}

TEST_F(SpoolTest, WaitsForNoBodyThatIsEmpty) {
  FakeExchange exchange;
  Spool spool(settings(10));
  EXPECT_TRUE(spoolAll(exchange, spool, 0));
  EXPECT_TRUE(exchange.waits.empty());
}

TEST_F(SpoolTest, EndsWithABodyThatIsTooLarge) {
  FakeExchange exchange;
  exchange.body = {"12345", "67890", "never read"};
  Spool spool(settings(100));
  const auto spooled = spoolAll(exchange, spool, 9);
  ASSERT_FALSE(spooled);
  EXPECT_TRUE(std::holds_alternative<BodyTooLarge>(spooled.error()));
  EXPECT_EQ(exchange.waits.size(), 2u);
}

TEST_F(SpoolTest, EndsWithItsClient) {
  FakeExchange exchange;
  exchange.body = {"12345", "67890"};
  exchange.next_wake = http::Wake::kGone;
  Spool spool(settings(100));
  const auto spooled = spoolAll(exchange, spool, 0);
  ASSERT_FALSE(spooled);
  EXPECT_EQ(std::get<http::Wake>(spooled.error()), http::Wake::kGone);
}

TEST_F(SpoolTest, EndsWhereItsFileCantBeMade) {
  FakeExchange exchange;
  exchange.body = {"12345"};
  Spool spool({1, -1});
  const auto spooled = spoolAll(exchange, spool, 0);
  ASSERT_FALSE(spooled);
  EXPECT_TRUE(std::holds_alternative<Error>(spooled.error()));
}

}  // namespace
}  // namespace wagi::worker
