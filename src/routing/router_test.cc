#include "routing/router.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>

namespace wagi::routing {
namespace {

std::vector<Pattern> patterns(const std::vector<std::string>& texts) {
  std::vector<Pattern> list;
  list.reserve(texts.size());
  for (const std::string& text : texts) list.push_back(Pattern::parse(text).value());
  return list;
}

std::optional<std::size_t> firstOf(const std::vector<Pattern>& list, std::string_view path) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i].matches(path)) return i;
  }
  return std::nullopt;
}

TEST(RouterTest, FirstInOrderWins) {
  const Router early(patterns({"/...", "/a"}));
  EXPECT_EQ(early.match("/a"), 0u);
  const Router late(patterns({"/a", "/a/...", "/..."}));
  EXPECT_EQ(late.match("/a"), 0u);
  EXPECT_EQ(late.match("/a/b"), 1u);
  EXPECT_EQ(late.match("/b"), 2u);
}

TEST(RouterTest, FirstOfEqualRoutesWins) {
  const Router router(patterns({"/a/...", "/a/...", "/b", "/b"}));
  EXPECT_EQ(router.match("/a/x"), 0u);
  EXPECT_EQ(router.match("/b"), 2u);
}

TEST(RouterTest, LongPrefixBeforeShortOneIsReached) {
  const Router router(patterns({"/a/b/c/...", "/a/..."}));
  EXPECT_EQ(router.match("/a/b/c"), 0u);
  EXPECT_EQ(router.match("/a/b/c/d/e/f"), 0u);
  EXPECT_EQ(router.match("/a/b/cc"), 1u);
  EXPECT_EQ(router.match("/a/b"), 1u);
  EXPECT_EQ(router.match("/ab"), std::nullopt);
}

TEST(RouterTest, NothingMatchesWithoutRoutesOrPath) {
  EXPECT_EQ(Router({}).match("/"), std::nullopt);
  const Router router(patterns({"/..."}));
  EXPECT_EQ(router.match(""), std::nullopt);
  EXPECT_EQ(router.match("*"), std::nullopt);
  EXPECT_EQ(router.match("/"), 0u);
}

TEST(RouterTest, PathIsMatchedAsSent) {
  const Router router(patterns({"/a%20b", "/a b"}));
  EXPECT_EQ(router.match("/a%20b"), 0u);
  EXPECT_EQ(router.match("/%61%20b"), std::nullopt);
}

TEST(RouterTest, TenThousandRoutesAreAllFound) {
  std::vector<std::string> texts;
  for (int i = 0; i < 5'000; ++i) {
    texts.push_back(fmt::format("/exact/{}", i));
    texts.push_back(fmt::format("/prefix/{}/...", i));
  }
  const Router router(patterns(texts));
  for (std::size_t i = 0; i < texts.size(); i += 2) {
    EXPECT_EQ(router.match(texts[i]), i);
    EXPECT_EQ(router.match(fmt::format("/prefix/{}/below/it", i / 2)), i + 1);
  }
  EXPECT_EQ(router.match("/exact/5000"), std::nullopt);
  EXPECT_EQ(router.match("/prefix/5000/x"), std::nullopt);
}

// The router must find what trying each pattern in order finds.
TEST(RouterTest, AgreesWithTryingEachPattern) {
  std::mt19937 random(1);
  const auto path = [&random](unsigned segments_max) {
    std::string text;
    for (int i = 1 + static_cast<int>(random() % segments_max); i > 0; --i) {
      text += "/";
      for (unsigned j = random() % 3; j > 0; --j) text += static_cast<char>('a' + random() % 2);
    }
    return text;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> texts(random() % 20);
    for (std::string& text : texts) text = path(3) + (random() % 2 ? "/..." : "");
    const std::vector<Pattern> list = patterns(texts);
    const Router router(list);
    for (int i = 0; i < 100; ++i) {
      const std::string asked = path(5);
      EXPECT_EQ(router.match(asked), firstOf(list, asked)) << asked;
    }
  }
}

}  // namespace
}  // namespace wagi::routing
