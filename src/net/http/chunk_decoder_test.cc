#include "net/http/chunk_decoder.h"

#include <gtest/gtest.h>

#include <string>

namespace wagi::http {
namespace {

// All that is taken of `bytes`, or nullopt. framing_test.cc tries what is malformed.
std::optional<std::size_t> taken(ChunkDecoder& decoder, std::string_view bytes) {
  std::size_t count = 0;
  while (count < bytes.size() && !decoder.done()) {
    const auto piece = decoder.next(bytes.substr(count));
    if (!piece) return std::nullopt;
    EXPECT_GT(piece->taken, 0U);
    count += piece->taken;
  }
  return count;
}

TEST(ChunkDecoder, GivesDataWhereItLies) {
  ChunkDecoder decoder;
  const std::string bytes = "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\nGET";
  auto piece = decoder.next(bytes);
  ASSERT_TRUE(piece);
  EXPECT_EQ(piece->taken, 12U);
  EXPECT_EQ(piece->data, "hello");
  EXPECT_EQ(piece->data.data(), bytes.data() + 7);
  piece = decoder.next(std::string_view(bytes).substr(12));
  ASSERT_TRUE(piece);
  EXPECT_TRUE(piece->data.empty());
  EXPECT_TRUE(decoder.done());
  EXPECT_EQ(12 + piece->taken, bytes.size() - 3) << "what follows isn't its own";
}

TEST(ChunkDecoder, GivesTheDataThatIsThere) {
  ChunkDecoder decoder;
  EXPECT_EQ(decoder.next("a\r\n0123")->data, "0123");
  EXPECT_EQ(decoder.next("45")->data, "45");
  EXPECT_EQ(decoder.next("6789\r\n0\r\n\r\n")->data, "6789");
  EXPECT_EQ(taken(decoder, "\r\n0\r\n\r\n"), 7U);
  EXPECT_TRUE(decoder.done());
}

TEST(ChunkDecoder, ResetForgetsEverything) {
  ChunkDecoder decoder;
  EXPECT_FALSE(taken(decoder, "3\r\nabc\r\n0\r\nX: y\nZ"));
  decoder.reset();
  EXPECT_EQ(taken(decoder, "1\r\na\r\n0\r\n\r\n"), 11U);
  EXPECT_TRUE(decoder.done());
}

TEST(ChunkDecoder, TheLongestLineIsTaken) {
  const auto line = [](std::size_t bytes) { return "1;" + std::string(bytes - 4, 'x') + "\r\n"; };
  ChunkDecoder decoder;
  const std::string longest = line(ChunkDecoder::kLineBytesMax);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(taken(decoder, longest + "a\r\n"), longest.size() + 3);
  EXPECT_FALSE(taken(decoder, line(ChunkDecoder::kLineBytesMax + 1) + "a\r\n"));
}

TEST(ChunkDecoder, TheLongestTrailersAreTaken) {
  // The CRLF behind them counts, too.
  const auto trailers = [](std::size_t bytes) {
    return "0\r\nX: y\r\nZ: " + std::string(bytes - 6 - 3 - 4, 'z') + "\r\n\r\n";
  };
  ChunkDecoder decoder;
  EXPECT_TRUE(taken(decoder, trailers(ChunkDecoder::kTrailerBytesMax)));
  EXPECT_TRUE(decoder.done());
  decoder.reset();
  EXPECT_FALSE(taken(decoder, trailers(ChunkDecoder::kTrailerBytesMax + 1)));
}

}  // namespace
}  // namespace wagi::http
