#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/file.h"
#include "net/fetch/client.h"
#include "net/fetch/testing.h"

namespace wagi::fetch {
namespace {

using testing::HasSubstr;

class DownloadTest : public testing::Test {
 protected:
  void write(std::string_view bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  [[nodiscard]] std::string contents() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  const std::string path_ = directory_.path() + "/file";
};

TEST_F(DownloadTest, WritesTheBody) {
  const std::string body(300'000, 'x');
  Server server([&](const std::string&, int) { return Reply{answer("200 OK", body)}; });
  std::uint64_t done = 0;
  const auto response = Client(quick()).download(
      {.url = server.url()}, path_, body.size(),
      [&](std::uint64_t bytes, std::optional<std::uint64_t>) { done = bytes; });
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "");
  EXPECT_EQ(contents(), body);
  EXPECT_EQ(done, body.size());
}

TEST_F(DownloadTest, OfAnErrorWritesNothing) {
  Server server([](const std::string&, int) { return Reply{answer("404 No", "nothing here")}; });
  const auto response = Client(quick()).download({.url = server.url()}, path_, 1000, {});
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "nothing here");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

// The reply of a server that knows ranges; `cut_off` ends it in the middle.
Reply ranges(const std::string& body, const std::string& request, bool cut_off) {
  std::size_t from = 0;
  const std::size_t range = request.find("Range: bytes=");
  if (range != std::string::npos) from = std::stoul(request.substr(range + 13));
  if (from >= body.size()) {
    return {answer("416 No", "", fmt::format("Content-Range: bytes */{}\r\n", body.size()))};
  }
  std::string bytes =
      answer(from == 0 ? "200 OK" : "206 Partial", body.substr(from),
             fmt::format("Content-Range: bytes {}-{}/{}\r\n", from, body.size() - 1, body.size()));
  if (cut_off) bytes.resize(bytes.size() - (body.size() - from) / 2);
  return {bytes};
}

TEST_F(DownloadTest, GoesOnWhereItWasCutOff) {
  std::string body;
  for (int i = 0; i < 100'000; ++i) body += std::to_string(i);
  Server server(
      [&](const std::string& request, int count) { return ranges(body, request, count < 3); });
  const auto response = Client(quick()).download({.url = server.url()}, path_, body.size(), {});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(contents(), body);
  EXPECT_EQ(server.requests().size(), 3u);
  EXPECT_THAT(server.requests().at(1),
              HasSubstr(fmt::format("Range: bytes={}-", body.size() - body.size() / 2)));
}

TEST_F(DownloadTest, GoesOnFromAnEarlierOne) {
  Server server([&](const std::string& request, int) { return ranges("abcdef", request, false); });
  write("abc");
  ASSERT_TRUE(Client(quick()).download({.url = server.url()}, path_, 6, {}));
  EXPECT_EQ(contents(), "abcdef");
  ASSERT_TRUE(Client(quick()).download({.url = server.url()}, path_, 6, {})) << "all is there";
  EXPECT_EQ(contents(), "abcdef");
  EXPECT_EQ(server.requests().size(), 2u);
  write("more than there is");
  ASSERT_TRUE(Client(quick()).download({.url = server.url()}, path_, 100, {}));
  EXPECT_EQ(contents(), "abcdef");
}

TEST_F(DownloadTest, OfNothingMissingNeedsNoBody) {
  Server server([](const std::string&, int) {
    return Reply{"HTTP/1.1 416 No\r\nContent-Range: bytes */6\r\nContent-Length: 10000000\r\n\r\n",
                 true};
  });
  write("abcdef");
  const auto response = Client(quick()).download({.url = server.url()}, path_, 10, {});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(contents(), "abcdef");
}

TEST_F(DownloadTest, BeginsAnewWhereTheServerKnowsNoRanges) {
  Server server([](const std::string&, int) { return Reply{answer("200 OK", "abcdef")}; });
  write("xyz");
  ASSERT_TRUE(Client(quick()).download({.url = server.url()}, path_, 6, {}));
  EXPECT_EQ(contents(), "abcdef");
}

TEST_F(DownloadTest, TakesNoOtherRange) {
  Server server([](const std::string&, int) {
    return Reply{answer("206 Partial", "def", "Content-Range: bytes 0-2/6\r\n")};
  });
  write("abc");
  const auto response = Client(quick()).download({.url = server.url()}, path_, 6, {});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("bytes 0-2/6"));
  EXPECT_EQ(contents(), "abc");
}

TEST_F(DownloadTest, OfWhatIsTooLargeEndsBeforeItBegins) {
  Server server([](const std::string&, int) {
    return Reply{"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n", true};
  });
  const auto response = Client(quick()).download({.url = server.url()}, path_, 1000, {});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("10737418240"));
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(DownloadTest, OfMoreThanWasStatedEnds) {
  Server server([](const std::string&, int) {
    return Reply{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(5000, 'x')};
  });
  const auto response = Client(quick()).download({.url = server.url()}, path_, 1000, {});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("more than the 1000 bytes"));
}

}  // namespace
}  // namespace wagi::fetch
