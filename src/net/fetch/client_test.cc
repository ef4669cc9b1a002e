#include "net/fetch/client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "base/file.h"
#include "net/fetch/testing.h"

namespace wagi::fetch {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(Send, GivesTheAnswer) {
  Server server([](const std::string&, int) {
    return Reply{answer("404 Not Found", "no such thing", "X-Some-Field:  its value \r\n")};
  });
  Client client(quick());
  const auto response = client.send({.url = server.url("/a?b"), .headers = {{"Accept", "x/y"}}});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "no such thing");
  EXPECT_EQ(response->header("x-some-field"), "its value");
  EXPECT_EQ(response->header("none"), "");
  EXPECT_EQ(response->url, server.url("/a?b"));
  EXPECT_THAT(server.requests().at(0), testing::StartsWith("GET /a?b HTTP/1.1\r\n"));
  EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nAccept: x/y\r\n"));
  EXPECT_THAT(server.requests().at(0), HasSubstr("\r\nUser-Agent: wagi/"));
}

TEST(Send, SendsBodiesAndLogins) {
  Server server([](const std::string&, int) { return Reply{answer("201 Created", "")}; });
  Client client(quick());
  const auto directory = TemporaryDirectory::create("wagi-test-").value();
  const std::string path = directory.path() + "/body";
  std::ofstream(path) << "from a file";
  for (const char* method : {"POST", "PUT"}) {
    ASSERT_EQ(client.send({.method = method, .url = server.url(), .body = "text"})->status, 201);
    ASSERT_EQ(client.send({.method = method, .url = server.url()})->status, 201);
    ASSERT_EQ(client.send({.method = method, .url = server.url(), .body_file = path})->status, 201);
  }
  ASSERT_EQ(client.send({.url = server.url(), .login = BasicLogin{"user", "pass"}})->status, 201);
  const auto requests = server.requests();
  for (const std::size_t first : {0, 3}) {
    EXPECT_THAT(requests[first], testing::EndsWith("\r\n\r\ntext"));
    EXPECT_THAT(requests[first], Not(HasSubstr("Content-Type")));
    EXPECT_THAT(requests[first + 1], HasSubstr("\r\nContent-Length: 0\r\n"));
    EXPECT_THAT(requests[first + 2], testing::EndsWith("\r\n\r\nfrom a file"));
  }
  EXPECT_THAT(requests[6], HasSubstr("\r\nAuthorization: Basic dXNlcjpwYXNz\r\n"));
  EXPECT_FALSE(client.send({.method = "PUT", .url = server.url(), .body_file = "/no/such/file"}));
}

TEST(Send, SaysHowFarAnUploadIs) {
  Server server([](const std::string&, int) { return Reply{answer("201 Created", "")}; });
  std::uint64_t last = 0;
  std::optional<std::uint64_t> whole;
  const std::string body(1'000'000, 'x');
  const auto response = Client(quick()).send(
      {.method = "PUT",
       .url = server.url(),
       .body = body,
       .upload_progress = [&](std::uint64_t done, std::optional<std::uint64_t> all) {
         last = done;
         whole = all;
       }});
  ASSERT_TRUE(response);
  EXPECT_EQ(last, body.size());
  EXPECT_EQ(whole, body.size());
}

TEST(Send, ATokenCannotEndItsHeader) {
  Client client(quick());
  const auto response =
      client.send({.url = "http://127.0.0.1:1/", .headers = {{"Authorization", "a\r\nX: y"}}});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("control characters"));
}

TEST(Send, TriesAgainAfterATransientAnswer) {
  for (const char* status : {"429 Too Many Requests", "500 X", "502 X", "503 X", "504 X"}) {
    Server server([&](const std::string&, int count) {
      return Reply{count < 3 ? answer(status, "later") : answer("200 OK", "now")};
    });
    const auto response = Client(quick()).send({.url = server.url()});
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "now") << status;
    EXPECT_EQ(server.requests().size(), 3u);
  }
}

TEST(Send, EndsWithTheLastAnswer) {
  Server server([](const std::string&, int) { return Reply{answer("503 Gone Fishing", "no")}; });
  const ManualClock clock;
  const Clock::Time start = clock.now();
  EXPECT_EQ(Client({}, clock).send({.url = server.url()})->status, 503);
  EXPECT_EQ(server.requests().size(), 4u);
  EXPECT_EQ(clock.now() - start, 3500ms) << "0.5 s, 1 s and 2 s lie between the tries";
  EXPECT_EQ(Client(quick()).send({.method = "POST", .url = server.url()})->status, 503);
  EXPECT_EQ(server.requests().size(), 5u) << "a POST isn't repeated";
}

TEST(Send, WaitsAsLongAsItIsToldTo) {
  Server server([](const std::string&, int count) {
    return Reply{count == 1 ? answer("429 Slow Down", "", "Retry-After: 7\r\n")
                            : answer("200 OK", "now")};
  });
  const ManualClock clock;
  const Clock::Time start = clock.now();
  EXPECT_EQ(Client(quick(), clock).send({.url = server.url()})->status, 200);
  EXPECT_EQ(clock.now() - start, 7s);
}

TEST(Send, DoesNotWaitForHours) {
  Server server([](const std::string&, int) {
    return Reply{answer("429 Slow Down", "", "Retry-After: 7200\r\n")};
  });
  EXPECT_EQ(Client(quick()).send({.url = server.url()})->status, 429);
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(Send, AServerThatIsDownIsAnError) {
  int port = 0;
  {
    Server server([](const std::string&, int) { return Reply{}; });
    port = server.port();
  }
  const auto response =
      Client(quick()).send({.url = fmt::format("http://user:secret@127.0.0.1:{}/v2/", port)});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message,
              HasSubstr(fmt::format("GET http://127.0.0.1:{}/v2/", port)));
  EXPECT_THAT(response.error().message, Not(HasSubstr("secret")));
}

TEST(Send, SilenceIsAnError) {
  Server server([](const std::string&, int) { return Reply{"HTTP/1.1 200 OK\r\n", true}; });
  auto settings = quick();
  settings.tries_max = 1;
  const auto response = Client(settings).send({.url = server.url()});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("silent"));
}

TEST(Send, AnAnswerThatIsTooLargeIsAnError) {
  const std::string body(1000, 'x');
  Server server([&](const std::string& request, int) {
    if (request.starts_with("GET /stated")) return Reply{answer("200 OK", body)};
    return Reply{"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body};
  });
  Client client(quick());
  for (const char* path : {"/stated", "/unstated"}) {
    const auto response = client.send({.url = server.url(path), .answer_bytes_max = 999});
    ASSERT_FALSE(response) << path;
    EXPECT_THAT(response.error().message, HasSubstr("limit of 999"));
    EXPECT_TRUE(client.send({.url = server.url(path), .answer_bytes_max = 1000}));
  }
}

TEST(Send, OtherSchemesAreErrors) {
  for (const char* url :
       {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "x", ""}) {
    EXPECT_FALSE(Client(quick()).send({.url = url})) << url;
  }
}

TEST(Redirects, AreFollowedOnTheSameServer) {
  Server server([](const std::string& request, int) {
    if (request.starts_with("GET /new")) return Reply{answer("200 OK", "moved")};
    return Reply{answer("307 X", "", "Location: /new\r\n")};
  });
  const auto response =
      Client(quick()).send({.url = server.url("/old"), .login = BasicLogin{"u", "p"}});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "moved");
  EXPECT_EQ(response->url, server.url("/new"));
  EXPECT_THAT(server.requests().at(1), HasSubstr("Authorization: Basic"));
}

TEST(Redirects, ToAnotherServerWithoutEncryptionAreNot) {
  Server other([](const std::string&, int) { return Reply{answer("200 OK", "")}; });
  Server server([&](const std::string&, int) {
    return Reply{answer("302 X", "", fmt::format("Location: {}?signature=1\r\n", other.url("/x")))};
  });
  const auto response = Client(quick()).send({.url = server.url()});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr(other.url("/x")));
  EXPECT_THAT(response.error().message, Not(HasSubstr("signature")));
  EXPECT_TRUE(other.requests().empty());
}

TEST(Redirects, ToFilesAreNot) {
  Server server([](const std::string&, int) {
    return Reply{answer("302 X", "", "Location: file:///etc/passwd\r\n")};
  });
  EXPECT_FALSE(Client(quick()).send({.url = server.url()}));
}

TEST(Redirects, HaveAnEnd) {
  Server server(
      [](const std::string&, int) { return Reply{answer("302 X", "", "Location: /again\r\n")}; });
  const auto response = Client(quick()).send({.url = server.url()});
  ASSERT_FALSE(response);
  EXPECT_THAT(response.error().message, HasSubstr("more than 5 redirects"));
  EXPECT_EQ(server.requests().size(), 6u);
}

}  // namespace
}  // namespace wagi::fetch
