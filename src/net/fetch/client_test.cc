#include "net/fetch/client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>

#include "base/file.h"
#include "base/unique_fd.h"

namespace wagi::fetch {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct Reply {
  std::string bytes;
  bool stays_open = false;  // Until the client goes.
};

// Answers each connection's one request, on a thread of its own.
class Server {
 public:
  using Handler = std::function<Reply(const std::string& request, int count)>;

  explicit Server(Handler handler) : handler_(std::move(handler)) {
    listener_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    stop_.reset(ends[0]);
    stopper_.reset(ends[1]);
    thread_ = std::thread([this] { serve(); });
  }
  ~Server() {
    stopper_.reset();
    thread_.join();
  }

  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
  }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  // False when the server is to end.
  bool wait(int fd) const {
    std::array<pollfd, 2> fds{pollfd{fd, POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    ::poll(fds.data(), fds.size(), -1);
    return fds[1].revents == 0;
  }

  void serve() {
    while (wait(listener_.get())) {
      const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      const std::string request = read(client.get());
      if (request.empty()) continue;
      int count = 0;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        count = static_cast<int>(requests_.size());
      }
      const Reply reply = handler_(request, count);
      std::string_view rest = reply.bytes;
      while (!rest.empty()) {
        const ssize_t sent = ::send(client.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(sent));
      }
      std::array<char, 64> ignored;
      while (reply.stays_open && wait(client.get()) &&
             ::recv(client.get(), ignored.data(), ignored.size(), 0) > 0) {
      }
    }
  }

  // The head, and the body by its Content-Length.
  std::string read(int fd) const {
    std::string request;
    std::array<char, 4096> buffer;
    for (std::size_t whole = std::string::npos; request.size() < whole;) {
      if (!wait(fd)) return {};
      const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (count <= 0) return {};
      request.append(buffer.data(), static_cast<std::size_t>(count));
      const std::size_t head = request.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const std::size_t length = request.find("Content-Length: ");
      whole = head + 4 + (length < head ? std::stoul(request.substr(length + 16)) : 0);
    }
    return request;
  }

  const Handler handler_;
  UniqueFd listener_, stop_, stopper_;
  int port_ = 0;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::thread thread_;
};

std::string answer(std::string_view status, std::string_view body, std::string_view fields = "") {
  return fmt::format("HTTP/1.1 {}\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n{}", status,
                     body.size(), fields, body);
}

Client::Settings quick() { return {.silence_max = 300ms, .back_off = 1ms}; }

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
  EXPECT_EQ(Client(quick()).send({.url = server.url()})->status, 503);
  EXPECT_EQ(server.requests().size(), 4u);
  EXPECT_EQ(Client(quick()).send({.method = "POST", .url = server.url()})->status, 503);
  EXPECT_EQ(server.requests().size(), 5u) << "a POST isn't repeated";
}

TEST(Send, WaitsAsLongAsItIsToldTo) {
  Server server([](const std::string&, int count) {
    return Reply{count == 1 ? answer("429 Slow Down", "", "Retry-After: 1\r\n")
                            : answer("200 OK", "now")};
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Client(quick()).send({.url = server.url()})->status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 1s);
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

// A server that knows ranges, whose first answers are cut off.
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
