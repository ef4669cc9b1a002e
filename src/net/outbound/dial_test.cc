#include "net/outbound/dial.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <map>
#include <thread>

#include "net/outbound/connector.h"

namespace wagi::outbound {
namespace {

using testing::HasSubstr;
using Kind = Refusal::Kind;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
AllowedHost entry(std::string_view text) { return parseAllowedHost(text).value(); }
Origin origin(std::string_view url) { return parseUrl(url).value().origin; }

// A DNS whose answers the test decides: each look-up of a name gets the next one.
struct FakeDns {
  std::map<std::string, std::vector<std::vector<IpAddress>>> answers;
  std::map<std::string, std::size_t> asked;
  std::chrono::milliseconds takes{0};  // How long a look-up takes, by the clock.
  ManualClock clock;

  Lookup lookup() {
    return [this](const std::string& name) -> Result<std::vector<IpAddress>> {
      clock.advance(takes);
      const auto found = answers.find(name);
      if (found == answers.end()) return fail("no such name");
      const std::size_t turn = asked[name]++;
      return found->second[std::min(turn, found->second.size() - 1)];
    };
  }
};

// A listening socket on loopback.
struct Listener {
  Listener() {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    EXPECT_EQ(::listen(socket.get(), 16), 0);
    socklen_t size = sizeof at;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &size);
    port = ntohs(at.sin_port);
  }
  UniqueFd socket;
  std::uint16_t port = 0;
};

TEST(DialTest, PrivateAddressesOfAPublicNameAreRefused) {
  FakeDns dns;
  for (const char* bad : {"127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1"}) {
    dns.answers["a.example"] = {{address(bad)}};
    const auto result =
        permittedAddresses(entry("a.example"), origin("http://a.example").host, dns.lookup());
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().kind, Kind::kNotAllowed);
    EXPECT_THAT(result.error().message,
                HasSubstr("which its entry in allowed_hosts doesn't permit"));
  }
}

TEST(DialTest, OfSeveralAddressesThoseThatArePermittedAreUsed) {
  FakeDns dns;
  dns.answers["a.example"] = {{address("10.0.0.1"), address("1.1.1.1"), address("127.0.0.1")}};
  EXPECT_EQ(permittedAddresses(entry("a.example"), origin("http://a.example").host, dns.lookup()),
            std::vector<IpAddress>{address("1.1.1.1")});
}

TEST(DialTest, ANameIsLookedUpOnceSoThatItCantChangeItsMind) {
  const Listener listener;
  FakeDns dns;  // DNS rebinding: its first answer is permitted, its second isn't.
  dns.answers["a.example"] = {{address("192.0.2.1")}, {address("127.0.0.1")}};
  Origin to = origin("http://a.example");
  to.port = listener.port;
  const auto time_max = dns.takes = Timeouts{}.connect_max;  // No time is left to connect.
  const auto result = dial(entry("a.example"), to, dns.lookup(), time_max, dns.clock);
  EXPECT_FALSE(result) << "nobody has 192.0.2.1";
  EXPECT_EQ(dns.asked["a.example"], 1u);
}

TEST(DialTest, APrivateEntryConnects) {
  const Listener listener;
  FakeDns dns;
  dns.answers["intra.example"] = {{address("127.0.0.1")}};
  Origin to = origin("http://intra.example");
  to.port = listener.port;
  EXPECT_TRUE(
      dial(entry("private:intra.example"), to, dns.lookup(), Timeouts{}.connect_max, dns.clock));
  EXPECT_EQ(dial(entry("intra.example"), to, dns.lookup(), Timeouts{}.connect_max, dns.clock)
                .error()
                .kind,
            Kind::kNotAllowed);
}

TEST(DialTest, WhatFailsIsSaid) {
  FakeDns dns;
  dns.answers["empty.example"] = {{}};
  const auto none = dial(entry("none.example"), origin("http://none.example"), dns.lookup(),
                         Timeouts{}.connect_max, dns.clock);
  EXPECT_EQ(none.error().kind, Kind::kFailed);
  EXPECT_EQ(none.error().message, "no such name");
  const auto empty = dial(entry("empty.example"), origin("http://empty.example"), dns.lookup(),
                          Timeouts{}.connect_max, dns.clock);
  EXPECT_THAT(empty.error().message, HasSubstr("has no address"));
  Listener listener;
  const std::uint16_t port = std::exchange(listener.port, 0);
  listener.socket.reset();
  Origin to = origin("http://127.0.0.1");
  to.port = port;
  const auto refused =
      dial(entry("http://127.0.0.1"), to, dns.lookup(), Timeouts{}.connect_max, dns.clock);
  EXPECT_THAT(refused.error().message, HasSubstr("Connection refused"));
}

// ---- Tests of the connector, which runs in a thread here.

class ConnectorTest : public testing::Test {
 public:
  ~ConnectorTest() override {
    socket_.reset();
    serving_.join();
  }

 protected:
  ConnectorTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    socket_.reset(ends[0]);
    settings_.routes = {{}, {entry("private:intra.example:" + std::to_string(listener_.port))}};
    dns_.answers["intra.example"] = {{address("127.0.0.1")}};
    serving_ = std::thread([this, theirs = ends[1]] {
      serveConnector(UniqueFd(theirs), settings_, dns_.lookup(), kSystemClock);
    });
  }

  // The connector's reply to a request; sets the socket that came with it.
  ConnectReply ask(std::uint32_t route, std::string_view host, std::uint16_t port) {
    ConnectRequest request{.id = 7, .route = route, .port = port};
    std::ranges::copy(host, request.host.begin());
    EXPECT_EQ(::send(socket_.get(), &request, sizeof request, 0), ssize_t{sizeof request});
    ConnectReply reply;
    iovec bytes{&reply, sizeof reply};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr header{};
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    EXPECT_EQ(::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC), ssize_t{sizeof reply});
    connected_.reset();
    if (const cmsghdr* rights = CMSG_FIRSTHDR(&header)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(rights), sizeof fd);
      connected_.reset(fd);
    }
    EXPECT_EQ(reply.id, 7u);
    return reply;
  }

  const Listener listener_;
  FakeDns dns_;
  ConnectorSettings settings_;
  UniqueFd socket_, connected_;
  std::thread serving_;
};

TEST_F(ConnectorTest, GivesAConnectedSocket) {
  EXPECT_EQ(ask(1, "intra.example", listener_.port).outcome, ConnectReply::Outcome::kConnected);
  ASSERT_TRUE(connected_);
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  EXPECT_EQ(::getpeername(connected_.get(), reinterpret_cast<sockaddr*>(&peer), &size), 0);
  EXPECT_EQ(ntohs(peer.sin_port), listener_.port);
}

TEST_F(ConnectorTest, BelievesNoWorkerThatAHostIsAllowed) {
  using Outcome = ConnectReply::Outcome;
  EXPECT_EQ(ask(0, "intra.example", listener_.port).outcome, Outcome::kNotAllowed);
  EXPECT_EQ(ask(1, "intra.example", 22).outcome, Outcome::kNotAllowed);
  EXPECT_EQ(ask(1, "127.0.0.1", listener_.port).outcome, Outcome::kNotAllowed);
  EXPECT_EQ(ask(1, "evil.example", listener_.port).outcome, Outcome::kNotAllowed);
  EXPECT_EQ(ask(1, "127.1", listener_.port).outcome, Outcome::kFailed);
  EXPECT_EQ(ask(1, std::string(257, 'a'), listener_.port).outcome, Outcome::kFailed);
  EXPECT_FALSE(connected_);
}

TEST_F(ConnectorTest, EndsWithAWorkerThatIsntItself) {
  std::ignore = ::send(socket_.get(), "nonsense", 8, 0);
  char byte = 0;
  EXPECT_EQ(::recv(socket_.get(), &byte, 1, 0), 0);
}

}  // namespace
}  // namespace wagi::outbound
