#include "http/tls.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "http/test_server.h"

namespace wagi::http {
namespace {

using boost::asio::awaitable;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using File = std::unique_ptr<FILE, FreeWith<std::fclose>>;

// A folder with a self-signed certificate and its key; removed at the end.
class Files {
 public:
  Files() {
    folder_ = (std::filesystem::temp_directory_path() / "wagi-tls-XXXXXX").string();
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    const Key key = makeKey("key.pem");
    (void)makeKey("other.pem");
    const Certificate certificate(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    const File file(std::fopen(path("cert.pem").c_str(), "w"));
    PEM_write_X509(file.get(), certificate.get());
    std::ofstream(path("text.txt")) << "not PEM\n";
  }
  ~Files() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] TlsContext load() const {
    auto context = TlsContext::load(path("cert.pem"), path("key.pem"));
    EXPECT_TRUE(context.has_value());
    return std::move(*context);
  }

 private:
  Key makeKey(const std::string& name) const {
    Key key(EVP_EC_gen("P-256"));
    const File file(std::fopen(path(name).c_str(), "w"));
    PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return key;
  }

  std::string folder_;
};

// The client's side, over a Client's socket.
class TlsClient {
 public:
  TlsClient(TestServer& server, Client client, int version = 0,
            std::string_view protocols = "\x08http/1.1")
      : server_(server), client_(std::move(client)), context_(SSL_CTX_new(TLS_client_method())) {
    if (version != 0) SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_security_level(context_.get(), 0);  // So that TLS 1.1 is offered at all.
    stream_.reset(SSL_new(context_.get()));
    SSL_set_alpn_protos(stream_.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                        static_cast<unsigned>(protocols.size()));
    ::fcntl(client_.fd(), F_SETFL, O_NONBLOCK);
    SSL_set_fd(stream_.get(), client_.fd());
  }

  [[nodiscard]] bool shakeHands() {
    return complete([&] { return SSL_connect(stream_.get()); }) == 1;
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const int count = complete(
          [&] { return SSL_write(stream_.get(), bytes.data(), static_cast<int>(bytes.size())); });
      ASSERT_GT(count, 0);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  // Until `end`, or the end of the connection.
  [[nodiscard]] std::string readUntil(std::string_view end) {
    std::string got;
    char block[16384];
    while (!got.ends_with(end)) {
      const int count = complete([&] { return SSL_read(stream_.get(), block, sizeof block); });
      if (count <= 0) break;
      got.append(block, static_cast<std::size_t>(count));
    }
    return got;
  }
  [[nodiscard]] bool sawRegularEnd() {
    char byte;
    const int count = complete([&] { return SSL_read(stream_.get(), &byte, 1); });
    return SSL_get_error(stream_.get(), count) == SSL_ERROR_ZERO_RETURN;
  }
  [[nodiscard]] std::string version() const { return SSL_get_version(stream_.get()); }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(stream_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  Client& client() { return client_; }
  SSL* native() { return stream_.get(); }

 private:
  template <class Call>
  int complete(Call call) {
    int returned = -1;
    EXPECT_TRUE(server_.runUntil([&] {
      ERR_clear_error();
      returned = call();
      const int error = SSL_get_error(stream_.get(), returned);
      return error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
    }));
    return returned;
  }

  TestServer& server_;
  Client client_;
  std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, FreeWith<SSL_free>> stream_;
};

class Tls : public ::testing::Test {
 protected:
  Files files;
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
  EXPECT_THAT(error("cert.pem", "other.pem"),
              HasSubstr("other.pem: isn't the key of the certificate in "));
}

}  // namespace
}  // namespace wagi::http
