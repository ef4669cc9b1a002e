// A client that speaks TLS to a TestServer, and certificates made for a test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http/test_server.h"
#include "net/http/tls.h"

namespace wagi::http {

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
using Context = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using ClientSession = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;

inline constexpr const char* kEverySuite = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";

// A folder with self-signed certificates and their keys; removed at the end.
class CertificateFiles {
 public:
  CertificateFiles() {
    folder_ = (std::filesystem::temp_directory_path() / "wagi-tls-XXXXXX").string();
    EXPECT_NE(::mkdtemp(folder_.data()), nullptr);
    const Key key = writeKey("key.pem", EVP_EC_gen("P-256"));
    (void)writeKey("other.pem", EVP_EC_gen("P-256"));
    writeCertificate("cert.pem", key, "localhost", kValid);
    std::ofstream(path("text.txt")) << "not PEM\n";
  }
  ~CertificateFiles() { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }
  [[nodiscard]] ServerCertificate certificate(const std::string& cert = "cert.pem",
                                              const std::string& key = "key.pem") const {
    auto certificate = ServerCertificate::load(path(cert), path(key));
    EXPECT_TRUE(certificate) << (certificate ? "" : certificate.error().message);
    return std::move(*certificate);
  }
  // The TLS of a listener with that certificate alone.
  [[nodiscard]] TlsContext load(const std::string& cert = "cert.pem",
                                const std::string& key = "key.pem") const {
    auto context = TlsContext::create({}, certificate(cert, key));
    EXPECT_TRUE(context.has_value());
    return std::move(*context);
  }

  // Valid from now on, as a chain's last certificate where `name` is there already. `others` is a
  // subjectAltName such as "DNS:a.example,IP:127.0.0.1"; it has none where that is empty.
  void writeCertificate(const std::string& name, const Key& key, const std::string& subject,
                        std::chrono::seconds valid, const std::string& others = "") const {
    const Certificate certificate(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid.count());
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const names = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(names, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), names);
    if (!others.empty()) {
      X509_EXTENSION* const extension =
          X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, others.c_str());
      X509_add_ext(certificate.get(), extension, -1);
      X509_EXTENSION_free(extension);
    }
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    const File file(std::fopen(path(name).c_str(), "a"));
    PEM_write_X509(file.get(), certificate.get());
  }
  Key writeKey(const std::string& name, EVP_PKEY* made) const {
    Key key(made);
    const File file(std::fopen(path(name).c_str(), "w"));
    PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return key;
  }

  static constexpr std::chrono::seconds kValid = std::chrono::hours(1);

 private:
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

  // Every suite of TLS 1.2 and before that this OpenSSL knows.
  [[nodiscard]] static std::vector<std::string> suites() {
    const Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_cipher_list(context.get(), kEverySuite);
    SSL_CTX_set_ciphersuites(context.get(), "");
    const STACK_OF(SSL_CIPHER)* const ciphers = SSL_CTX_get_ciphers(context.get());
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(sk_SSL_CIPHER_num(ciphers)));
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
      names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
    }
    return names;
  }
  void offerOnly(const std::string& suite) {
    ASSERT_EQ(SSL_set_cipher_list(stream_.get(), (suite + ":@SECLEVEL=0").c_str()), 1);
  }

  void askFor(const std::string& host) { SSL_set_tlsext_host_name(stream_.get(), host.c_str()); }
  void show(const std::string& cert_path, const std::string& key_path) {
    ASSERT_EQ(SSL_use_certificate_file(stream_.get(), cert_path.c_str(), SSL_FILETYPE_PEM), 1);
    ASSERT_EQ(SSL_use_PrivateKey_file(stream_.get(), key_path.c_str(), SSL_FILETYPE_PEM), 1);
  }
  // The name in the certificate that the server showed.
  [[nodiscard]] std::string commonName() const {
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(stream_.get())),
                              NID_commonName, name, sizeof name);
    return name;
  }
  // The session with its ticket. REQUIRES: something was read after the handshake.
  [[nodiscard]] ClientSession session() const {
    // OpenSSL forgets the ticket of a connection that doesn't end in order.
    SSL_set_shutdown(stream_.get(), SSL_SENT_SHUTDOWN);
    return ClientSession(SSL_get1_session(stream_.get()));
  }
  void resume(const ClientSession& session) {
    ASSERT_EQ(SSL_set_session(stream_.get(), session.get()), 1);
  }
  [[nodiscard]] bool resumed() const { return SSL_session_reused(stream_.get()) == 1; }

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
  Context context_;
  std::unique_ptr<SSL, FreeWith<SSL_free>> stream_;
};

}  // namespace wagi::http
