// Tests of the client with a server that the test plays itself, through the real connector.
#include "net/outbound/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <functional>
#include <thread>

#include "net/outbound/client.h"
#include "net/outbound/connector.h"

namespace wagi::outbound {
namespace {

using State = Call::State;
using std::chrono::milliseconds;
using testing::HasSubstr;

// A server that answers one connection by a function of the test's.
class OneServer {
 public:
  explicit OneServer(std::function<void(int)> serve) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(socket_.get(), 16), 0);
    socklen_t size = sizeof at;
    ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
    thread_ = std::thread([this, serve = std::move(serve)] {
      const UniqueFd peer(::accept(socket_.get(), nullptr, nullptr));
      if (peer) serve(peer.get());
    });
  }
  ~OneServer() { join(); }

  // Waits for the end of its function: only then may be read what that has written.
  void join() {
    if (!thread_.joinable()) return;
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
  }

  std::uint16_t port = 0;

 private:
  UniqueFd socket_;
  std::thread thread_;
};

void say(int peer, std::string_view text) {
  EXPECT_EQ(::send(peer, text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
}
// Reads until `until` has come, or the end.
std::string hear(int peer, std::string_view until) {
  std::string heard;
  std::array<char, 65536> piece{};
  while (until.empty() || !heard.contains(until)) {
    const ssize_t count = ::recv(peer, piece.data(), piece.size(), 0);
    if (count <= 0) break;
    heard.append(piece.data(), static_cast<std::size_t>(count));
  }
  return heard;
}

class CallTest : public testing::Test {
 public:
  ~CallTest() override {
    client_.reset();
    io_.reset();
    if (connector_.joinable()) connector_.join();
  }

 protected:
  boost::intrusive_ptr<Call> request(const OneServer& server, Timeouts timeouts,
                                     std::string method = "GET", std::uint64_t body = 0) {
    const std::string host = "http://127.0.0.1:" + std::to_string(server.port);
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    connector_ = std::thread([theirs = ends[1], host] {
      ConnectorSettings settings;
      settings.routes = {{parseAllowedHost(host).value()}};
      serveConnector(UniqueFd(theirs), settings, lookUp, kSystemClock);
    });
    client_.emplace(*io_, UniqueFd(ends[0]),
                    Client::Settings{.tls = {}, .timeouts = timeouts, .connector_gone = [] {}},
                    kSystemClock);
    return client_->make({.route = 0,
                          .scope = AllowedHost::AddressScope::kExact,
                          .url = parseUrl(host + "/path").value(),
                          .method = std::move(method),
                          .fields = {},
                          .body_bytes = body},
                         [this] { told_ = true; });
  }
  // Runs the loop until a notice comes.
  void wait() {
    while (!told_) io_->run_one();
    told_ = false;
  }
  std::expected<std::string, Refusal> readAll(Call& call) {
    std::string body;
    std::array<std::byte, 1000> piece{};
    for (;;) {
      const auto count = call.read(piece);
      if (!count) {
        wait();
      } else if (!*count) {
        return std::unexpected(count->error());
      } else if (**count == 0) {
        return body;
      } else {
        body.append(reinterpret_cast<const char*>(piece.data()), **count);
      }
    }
  }

  std::optional<boost::asio::io_context> io_{std::in_place};
  std::optional<Client> client_;
  std::thread connector_;
  bool told_ = false;
};

TEST_F(CallTest, ARequestAndItsAnswer) {
  std::string heard;
  OneServer server([&](int peer) {
    heard = hear(peer, "\r\n\r\n");
    say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello");
  });
  const auto call = request(server, {});
  call->start({});
  wait();
  ASSERT_EQ(call->state(), State::kAnswered);
  EXPECT_EQ(call->status(), 200);
  EXPECT_EQ(*call->fields().find("a"), "b");
  EXPECT_EQ(readAll(*call).value(), "hello");
  EXPECT_EQ(readAll(*call).value(), "") << "the end stays the end";
  server.join();
  EXPECT_EQ(heard, "GET /path HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port) +
                       "\r\nUser-Agent: wagi/" WAGI_VERSION "\r\n\r\n");
}

TEST_F(CallTest, ABodyIsTakenInPieces) {
  const std::string body(3 * kPieceBytes + 1, 'x');
  std::string heard;
  OneServer server([&](int peer) {
    heard = hear(peer, body);
    say(peer, "HTTP/1.1 204 No Content\r\n\r\n");
  });
  const auto call = request(server, {}, "POST", body.size());
  const auto bytes = std::as_bytes(std::span(body));
  call->start(bytes);
  int pieces = 1;
  for (wait(); call->state() == State::kWantsBody; wait(), ++pieces) {
    EXPECT_LE(call->supply(bytes.last(call->bodyLeft())), kPieceBytes);
  }
  EXPECT_EQ(call->state(), State::kAnswered);
  EXPECT_EQ(pieces, 4);
  server.join();
  EXPECT_THAT(heard, HasSubstr("Content-Length: " + std::to_string(body.size())));
}

// The server keeps the connection open and sends nothing more, so that only the status can end the
// answer.
class CallStatusTest : public CallTest, public testing::WithParamInterface<const char*> {};

TEST_P(CallStatusTest, ThatIsNoneEndsAtOnce) {
  const OneServer server([](int peer) {
    hear(peer, "\r\n\r\n");
    say(peer, std::string("HTTP/1.1 ") + GetParam() + " Odd\r\nContent-Length: 0\r\n\r\n");
    hear(peer, "");
  });
  const auto call = request(server, {});
  call->start({});
  wait();
  ASSERT_EQ(call->state(), State::kFailed);
  EXPECT_EQ(call->refusal().kind, Refusal::Kind::kFailed);
  EXPECT_THAT(call->refusal().message,
              HasSubstr(std::string("its answer isn't HTTP: there is no status ") + GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Statuses, CallStatusTest,
                         testing::Values("000", "001", "099", "600", "999"));

TEST_F(CallTest, TheHighestStatusIsAnAnswer) {
  const OneServer server([](int peer) {
    hear(peer, "\r\n\r\n");
    say(peer, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n");
  });
  const auto call = request(server, {});
  call->start({});
  wait();
  ASSERT_EQ(call->state(), State::kAnswered);
  EXPECT_EQ(call->status(), 599);
}

TEST_F(CallTest, SilenceInsteadOfAnAnswerEnds) {
  const OneServer server([](int peer) { hear(peer, ""); });
  const auto call = request(server, {.answer_max = milliseconds(20)});
  call->start({});
  wait();
  ASSERT_EQ(call->state(), State::kFailed);
  EXPECT_THAT(call->refusal().message, HasSubstr("nothing happened for too long"));
}

TEST_F(CallTest, SilenceInTheMidstOfAnAnswerEnds) {
  const OneServer server([](int peer) {
    say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
    hear(peer, "\r\n\r\n");
    hear(peer, "");
  });
  const auto call = request(server, {.silence_max = milliseconds(20)});
  call->start({});
  wait();
  ASSERT_EQ(call->state(), State::kAnswered);
  const auto body = readAll(*call);
  ASSERT_FALSE(body);
  EXPECT_THAT(body.error().message, HasSubstr("nothing happened for too long"));
}

TEST_F(CallTest, APeerThatTakesNothingEnds) {
  std::atomic<bool> over = false;
  const OneServer server([&](int) { over.wait(false); });
  const std::string body(64 << 20, 'x');
  const auto call =
      request(server, {.answer_max = milliseconds(20), .silence_max = milliseconds(20)}, "POST",
              body.size());
  const auto bytes = std::as_bytes(std::span(body));
  call->start(bytes);
  for (wait(); call->state() == State::kWantsBody; wait()) {
    call->supply(bytes.last(call->bodyLeft()));
  }
  EXPECT_EQ(call->state(), State::kFailed);
  over = true;
  over.notify_all();
}

TEST_F(CallTest, CancelledItTellsNobodyAndClosesItsConnection) {
  std::atomic<bool> ended = false;
  const OneServer server([&](int peer) {
    hear(peer, "\r\n\r\n");
    say(peer, "HTTP/1.1 200 OK\r\n\r\n");
    hear(peer, "");
    ended = true;
  });
  auto call = request(server, {});
  call->start({});
  wait();
  ASSERT_EQ(call->state(), State::kAnswered);
  std::array<std::byte, 10> piece{};
  EXPECT_FALSE(call->read(piece)) << "nothing is there yet";
  call->cancel();
  call.reset();
  while (!ended) io_->run_one_for(milliseconds(10));
  EXPECT_FALSE(told_);
}

TEST_F(CallTest, ItOutlivesItsClient) {
  const OneServer server([](int peer) { hear(peer, ""); });
  const auto call = request(server, {});
  call->start({});
  io_->run_one();
  call->cancel();
  client_.reset();
  io_.reset();
  EXPECT_EQ(call->state(), State::kBusy);
}

TEST_F(CallTest, WithoutRootsThereIsNoHttps) {
  const OneServer server([](int) {});
  const auto call = request(server, {});
  const auto https = client_->make(
      {.route = 0, .url = parseUrl("https://127.0.0.1").value(), .method = "GET", .fields = {}},
      [this] { told_ = true; });
  https->start({});
  wait();
  EXPECT_EQ(https->refusal().message, "there are no certificates to trust");
}

}  // namespace
}  // namespace wagi::outbound
