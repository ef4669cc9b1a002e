#include "net/http/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <chrono>
#include <string>
#include <vector>

#include "net/http/test_server.h"
#include "net/http/tls_testing.h"

namespace wagi::http {
namespace {

using boost::asio::awaitable;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
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
    wake = co_await exchange.waitUntil(Clock::time_point::max(), Exchange::OrBody::kNo);
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

TEST_F(Tls, NamesWhatIsWrongWithItsFiles) {
  const Key weak = files.writeKey("rsa.pem", EVP_RSA_gen(512));
  files.writeCertificate("weak-cert.pem", weak, "localhost", files.kValid);
  const auto error = [&](const std::string& cert, const std::string& key) {
    const auto loaded = TlsContext::load(files.path(cert), files.path(key));
    return loaded ? std::string("none") : loaded.error().message;
  };
  EXPECT_EQ(error("cert.pem", "key.pem"), "none");
  EXPECT_THAT(error("absent.pem", "key.pem"), HasSubstr("absent.pem: No such file"));
  EXPECT_THAT(error("cert.pem", "absent.pem"), HasSubstr("absent.pem: No such file"));
  EXPECT_THAT(error("text.txt", "key.pem"), HasSubstr("text.txt: expected a certificate in PEM"));
  EXPECT_THAT(error("cert.pem", "text.txt"),
              HasSubstr("text.txt: expected an unencrypted private key in PEM"));
  for (const std::string key : {"other.pem", "rsa.pem"}) {
    EXPECT_THAT(error("cert.pem", key),
                EndsWith(key + ": isn't the key of the certificate in " + files.path("cert.pem")));
  }
  EXPECT_THAT(error("weak-cert.pem", "rsa.pem"),
              HasSubstr("weak-cert.pem: clients refuse such a certificate (ee key too small)"));
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

TEST_F(Tls, WarnsOfACertificateThatClientsRefuseOrSoonWill) {
  using std::chrono::days;
  using std::chrono::hours;
  const auto now = std::chrono::system_clock::now();
  const auto warnings = [&](const std::string& cert, auto after) {
    return files.load(cert).warnings(now + after);
  };
  const Key key = files.writeKey("key.pem", EVP_EC_gen("P-256"));
  files.writeCertificate("year.pem", key, "a.example", days(365));
  EXPECT_THAT(warnings("year.pem", days(334)), IsEmpty());
  EXPECT_THAT(
      warnings("year.pem", days(336)),
      ElementsAre(AllOf(StartsWith(files.path("year.pem") + ": the certificate of /CN=a.example "),
                        HasSubstr("expires at 20"), EndsWith(" UTC: renew it before"))));
  EXPECT_THAT(warnings("year.pem", days(366)), ElementsAre(HasSubstr("a.example expired at 20")));
  EXPECT_THAT(warnings("year.pem", -hours(1)), ElementsAre(HasSubstr("isn't valid before 20")));

  files.writeCertificate("week.pem", key, "a.example", days(6));
  EXPECT_THAT(warnings("week.pem", hours(1)), IsEmpty());
  EXPECT_THAT(warnings("week.pem", days(5)), ElementsAre(HasSubstr("expires at")));

  files.writeCertificate("chain.pem", key, "a.example", days(365));
  files.writeCertificate("chain.pem", key, "issuer", days(100));
  EXPECT_THAT(warnings("chain.pem", days(101)), ElementsAre(HasSubstr("/CN=issuer expired at")));
}

}  // namespace
}  // namespace wagi::http
