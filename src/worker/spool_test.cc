#include "worker/spool.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

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

void append(Spool& spool, const std::string& text) {
  ASSERT_TRUE(spool.append(std::as_bytes(std::span(text))));
}

TEST(Spool, GivesBackWhatItWasGiven) {
  for (const std::size_t memory_max : {0u, 5u, 1000u}) {
    Spool spool(memory_max);
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

TEST(Spool, IsEmptyBeforeAnythingIsAppended) {
  Spool spool(10);
  EXPECT_EQ(readAll(spool, 3), "");
}

TEST(Spool, SaysWhenItsFileCantBeMade) {
  const char* before = std::getenv("TMPDIR");
  const std::string saved = before != nullptr ? before : "";
  ::setenv("TMPDIR", "/nonexistent", 1);
  Spool spool(1);
  const auto result = spool.append(std::as_bytes(std::span("abc")));
  saved.empty() ? ::unsetenv("TMPDIR") : ::setenv("TMPDIR", saved.c_str(), 1);
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("/nonexistent"), std::string::npos);
}

}  // namespace
}  // namespace wagi::worker
