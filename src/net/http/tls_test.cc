#include "net/http/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http/test_server.h"
#include "net/http/tls_testing.h"

namespace wagi::http {
namespace {

using boost::asio::awaitable;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

class Tls : public ::testing::Test {
 protected:
  CertificateFiles files;
  TlsContext context = files.load();
};

TEST_F(Tls, ServesOverBothVersions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TestServer server({}, &context);
    server.handler.at_once = [](Exchange& exchange) { answer(exchange, exchange.head().scheme); };
    TlsClient client(server, server.connect(), version);
    ASSERT_TRUE(client.shakeHands());
    EXPECT_EQ(client.version(), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    EXPECT_EQ(client.protocol(), "http/1.1");
    for (int i = 0; i < 3; ++i) {
      client.send(kGet);
      EXPECT_THAT(client.readUntil("https"), StartsWith("HTTP/1.1 200 OK\r\n"));
    }
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.readUntil("https"), HasSubstr("Connection: close"));
    EXPECT_TRUE(client.sawRegularEnd());
  }
}

TEST_F(Tls, RefusesOlderVersions) {
  TestServer server({}, &context);
  TlsClient client(server, server.connect(), TLS1_1_VERSION);
  EXPECT_FALSE(client.shakeHands());
  EXPECT_TRUE(server.runUntil([&] { return server.server->connections() == 0; }));
}

TEST_F(Tls, RefusesAClientThatSpeaksOnlyAnotherProtocol) {
  TestServer server({}, &context);
  TlsClient client(server, server.connect(), 0, "\x02h2");
  EXPECT_FALSE(client.shakeHands());
}

TEST_F(Tls, ChoosesHttp11AmongOthers) {
  TestServer server({}, &context);
  TlsClient client(server, server.connect(), 0, "\x02h2\x08http/1.1");
  ASSERT_TRUE(client.shakeHands());
  EXPECT_EQ(client.protocol(), "http/1.1");
}

TEST_F(Tls, CarriesLargeBodiesBothWays) {
  TestServer server({}, &context);
  constexpr std::size_t kSize = 3'000'000;
  server.handler.task = [](Exchange& exchange) -> awaitable<void> {
    std::string body;
    Wake wake = Wake::kReady;
    while (wake == Wake::kReady && !(exchange.bodyComplete() && exchange.bodyAvailable() == 0)) {
      wake = co_await exchange.waitBody();
      char block[10'000];
      body.append(block, exchange.readBody(std::as_writable_bytes(std::span(block))));
    }
    answer(exchange, body);
  };
  TlsClient client(server, server.connect());
  ASSERT_TRUE(client.shakeHands());
  std::string body;
  for (std::size_t i = 0; i < kSize; ++i) body += static_cast<char>('a' + i % 23);
  body += "END";
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  EXPECT_TRUE(client.readUntil("END").ends_with("\r\n\r\n" + body));
}

TEST_F(Tls, TakesPipelinedRequestsOfOneRecord) {
  TestServer server({}, &context);
  TlsClient client(server, server.connect());
  ASSERT_TRUE(client.shakeHands());
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += kGet;
  client.send(requests + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.readUntil("never"), EndsWith("hello\n"));
  EXPECT_EQ(server.handler.begun, 201);
}

TEST_F(Tls, CutsAnAbortedAnswerOffWithoutTlssOwnEnd) {
  TestServer server({}, &context);
  server.handler.at_once = [](Exchange& exchange) {
    exchange.start({200, {}, {}});
    exchange.write(bytesOf("abc"));
    exchange.abort();
  };
  TlsClient client(server, server.connect());
  ASSERT_TRUE(client.shakeHands());
  client.send("GET / HTTP/1.0\r\n\r\n");
  (void)client.readUntil("abc");
  EXPECT_FALSE(client.sawRegularEnd());
}

TEST_F(Tls, SeesAClientGo) {
  TestServer server({}, &context);
  std::optional<Wake> wake;
  server.handler.task = [&](Exchange& exchange) -> awaitable<void> {
    wake = co_await exchange.waiter().waitUntil(Clock::kNever);
  };
  TlsClient client(server, server.connect());
  ASSERT_TRUE(client.shakeHands());
  client.send(kGet);
  EXPECT_TRUE(server.runUntil([&] { return server.handler.begun == 1; }));
  SSL_shutdown(client.native());
  EXPECT_TRUE(server.runUntil([&] { return wake.has_value(); }));
  EXPECT_EQ(wake, Wake::kGone);
}

TEST_F(Tls, TellsAClientThatSpeaksPlainHttp) {
  TestServer server({}, &context);
  Client client = server.connect();
  client.send(kGet);
  EXPECT_THAT(client.readAll(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_F(Tls, EndsAHandshakeThatTakesTooLong) {
  Limits limits;
  limits.head_max = std::chrono::milliseconds(50);
  TestServer server(limits, &context);
  Client client = server.connect();
  client.send("\x16\x03\x01");
  server.pass(loop::Loop::kSweepPeriod);
  EXPECT_TRUE(client.closed());
}

TEST_F(Tls, EndsWithTheServerWhateverItsState) {
  TestServer server({}, &context);
  Client silent = server.connect();
  TlsClient idle(server, server.connect());
  ASSERT_TRUE(idle.shakeHands());
  EXPECT_TRUE(server.runUntil([&] { return server.server->connections() == 2; }));
  server.server.reset();
  EXPECT_TRUE(silent.closed());
  EXPECT_FALSE(idle.sawRegularEnd());
}

// RFC 9325 4.2
TEST_F(Tls, ChoosesSuitesWithForwardSecrecyAndAuthenticatedEncryptionOnly) {
  const std::vector<std::string> kinds = {"ECDSA", "RSA"};
  const Key rsa_key = files.writeKey("rsa.pem", EVP_RSA_gen(2048));
  files.writeCertificate("rsa-cert.pem", rsa_key, "localhost", files.kValid);
  const TlsContext rsa = files.load("rsa-cert.pem", "rsa.pem");
  for (const std::string& kind : kinds) {
    TestServer server({}, kind == "RSA" ? &rsa : &context);
    std::vector<std::string> accepted;
    for (const std::string& suite : TlsClient::suites()) {
      TlsClient client(server, server.connect(), TLS1_2_VERSION);
      client.offerOnly(suite);
      if (client.shakeHands()) accepted.push_back(suite);
    }
    const std::string prefix = "ECDHE-" + kind + "-";
    EXPECT_THAT(accepted,
                UnorderedElementsAre(prefix + "AES256-GCM-SHA384", prefix + "AES128-GCM-SHA256",
                                     prefix + "CHACHA20-POLY1305"));
  }
}

class TlsHosts : public Tls {
 protected:
  TlsHosts() {
    const Key a = files.writeKey("a-key.pem", EVP_EC_gen("P-256"));
    files.writeCertificate("a.pem", a, "a.example", files.kValid, "DNS:a.example");
    const Key b = files.writeKey("b-key.pem", EVP_EC_gen("P-256"));
    files.writeCertificate("b.pem", b, "b.example", files.kValid, "DNS:*.b.example");
    a_.emplace(files.certificate("a.pem", "a-key.pem"));
    b_.emplace(files.certificate("b.pem", "b-key.pem"));
    table.add("a.example", *a_);
    table.add("*.b.example", *b_);
  }
  [[nodiscard]] TlsContext listener(const TlsSettings& settings = {}) const {
    auto made = TlsContext::create(settings, fallback_, &table, &*tickets_);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return std::move(*made);
  }
  // The session of a client that asked for `host`, and resumed `session` if it is given.
  ClientSession visit(const TlsContext& to, const std::string& host, int version,
                      const ClientSession& session, bool* resumed) {
    TestServer server({}, &to);
    server.handler.at_once = [](Exchange& exchange) { answer(exchange, "hello"); };
    TlsClient client(server, server.connect(), version);
    client.askFor(host);
    if (session) client.resume(session);
    EXPECT_TRUE(client.shakeHands());
    client.send(kGet);
    (void)client.readUntil("hello");
    *resumed = client.resumed();
    return client.session();
  }

  CertificateTable table;
  std::unique_ptr<TicketKeys> tickets_ = TicketKeys::create().value();

 private:
  ServerCertificate fallback_ = files.certificate();
  std::optional<ServerCertificate> a_, b_;
};

TEST_F(TlsHosts, ShowTheirOwnCertificate) {
  const TlsContext tls = listener();
  TestServer server({}, &tls);
  const std::map<std::string, std::string> shown{{"a.example", "a.example"},
                                                 {"A.Example", "a.example"},
                                                 {"x.b.example", "b.example"},
                                                 {"c.example", "localhost"},
                                                 {"", "localhost"}};
  for (const auto& [host, name] : shown) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      TlsClient client(server, server.connect(), version);
      if (!host.empty()) client.askFor(host);
      ASSERT_TRUE(client.shakeHands()) << host;
      EXPECT_EQ(client.commonName(), name) << host;
    }
  }
}

// Another worker, and a later generation, have another context with the same keys.
TEST_F(TlsHosts, SessionsAreResumedByAnotherContext) {
  for (const std::string host : {"a.example", "c.example"}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      bool resumed = true;
      const ClientSession session = visit(listener(), host, version, nullptr, &resumed);
      EXPECT_FALSE(resumed);
      (void)visit(listener(), host, version, session, &resumed);
      EXPECT_TRUE(resumed) << host << " " << version;
      ASSERT_TRUE(tickets_->rotate());
      (void)visit(listener(), host, version, session, &resumed);
      EXPECT_TRUE(resumed) << host << " " << version << ", by the key before";
      for (std::size_t i = 0; i < TicketKeys::kKept; ++i) ASSERT_TRUE(tickets_->rotate());
      (void)visit(listener(), host, version, session, &resumed);
      EXPECT_FALSE(resumed) << host << " " << version << ", by a key that is gone";
    }
  }
}

TEST_F(TlsHosts, AListenerMayAskForTls13) {
  const TlsContext tls = listener({.tls_1_3_only = true});
  TestServer server({}, &tls);
  TlsClient old(server, server.connect(), TLS1_2_VERSION);
  EXPECT_FALSE(old.shakeHands());
  TlsClient client(server, server.connect());
  ASSERT_TRUE(client.shakeHands());
  EXPECT_EQ(client.version(), "TLSv1.3");
}

class TlsClients : public TlsHosts {
 protected:
  using VerifyClient = TlsSettings::VerifyClient;
  TlsClients() {
    const Key key = files.writeKey("client-key.pem", EVP_EC_gen("P-256"));
    files.writeCertificate("client.pem", key, "somebody", files.kValid);
    const Key other = files.writeKey("stranger-key.pem", EVP_EC_gen("P-256"));
    files.writeCertificate("stranger.pem", other, "stranger", files.kValid);
  }
  [[nodiscard]] TlsContext asking(VerifyClient verify) const {
    return listener({.verify_client = verify, .client_ca = files.path("client.pem")});
  }
  // Makes a request and gives what it says of its client; "refused" where there was no connection.
  std::string visitAs(const TlsContext& tls, const std::string& name) {
    TestServer server({}, &tls);
    server.handler.at_once = [](Exchange& exchange) {
      const ClientCertificate* const shown = exchange.head().client_certificate;
      answer(exchange, shown == nullptr  ? "unasked."
                       : shown->verified ? shown->subject + " " + shown->serial + "."
                                         : "nobody.");
    };
    TlsClient client(server, server.connect());
    if (!name.empty()) client.show(files.path(name + ".pem"), files.path(name + "-key.pem"));
    if (!client.shakeHands()) return "refused";
    client.send(kGet);
    const std::string got = client.readUntil(".");
    return got.empty() ? "refused" : got.substr(got.rfind('\n') + 1);
  }
};

TEST_F(TlsClients, ShowTheirCertificateWhereItIsAskedFor) {
  const TlsContext required = asking(VerifyClient::kRequired);
  EXPECT_EQ(visitAs(required, "client"), "CN=somebody 01.");
  EXPECT_EQ(visitAs(required, ""), "refused");
  EXPECT_EQ(visitAs(required, "stranger"), "refused");
  const TlsContext optional = asking(VerifyClient::kOptional);
  EXPECT_EQ(visitAs(optional, "client"), "CN=somebody 01.");
  EXPECT_EQ(visitAs(optional, ""), "nobody.");
  EXPECT_EQ(visitAs(optional, "stranger"), "refused");
  EXPECT_EQ(visitAs(listener(), "client"), "unasked.");
}

// A ticket of a listener that asks for nothing is worth nothing where a certificate is required.
TEST_F(TlsClients, DontComeInByAnotherListenersTicket) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    bool resumed = false;
    const ClientSession session = visit(listener(), "a.example", version, nullptr, &resumed);
    const TlsContext required = asking(VerifyClient::kRequired);
    TestServer server({}, &required);
    TlsClient client(server, server.connect(), version);
    client.askFor("a.example");
    client.resume(session);
    if (client.shakeHands()) {
      client.send(kGet);
      EXPECT_EQ(client.readUntil("never"), "");
    }
    EXPECT_EQ(server.handler.begun, 0);
  }
}

TEST_F(TlsClients, AuthoritiesThatCantBeReadAreNamed) {
  const auto made = TlsContext::create(
      {.verify_client = VerifyClient::kRequired, .client_ca = files.path("text.txt")},
      files.certificate());
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("text.txt: expected certificates in PEM format"));
}

}  // namespace
}  // namespace wagi::http
