#include "net/http/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <chrono>
#include <string>

#include "net/http/tls_testing.h"

namespace wagi::http {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class CertificateTest : public ::testing::Test {
 protected:
  CertificateFiles files;
};

TEST_F(CertificateTest, NamesWhatIsWrongWithItsFiles) {
  const Key weak = files.writeKey("rsa.pem", EVP_RSA_gen(512));
  files.writeCertificate("weak-cert.pem", weak, "localhost", files.kValid);
  const auto error = [&](const std::string& cert, const std::string& key) {
    const auto loaded = ServerCertificate::load(files.path(cert), files.path(key));
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

TEST_F(CertificateTest, WarnsOfACertificateThatClientsRefuseOrSoonWill) {
  using std::chrono::days;
  using std::chrono::hours;
  const auto now = std::chrono::system_clock::now();
  const auto warnings = [&](const std::string& cert, auto after) {
    return files.certificate(cert).warnings(now + after);
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

TEST_F(CertificateTest, KnowsWhomItIsFor) {
  const Key key = files.writeKey("hosts-key.pem", EVP_EC_gen("P-256"));
  files.writeCertificate("hosts.pem", key, "ignored.example", files.kValid,
                         "DNS:a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1");
  const ServerCertificate hosts = files.certificate("hosts.pem", "hosts-key.pem");
  EXPECT_THAT(hosts.names(), ElementsAre("a.example", "*.b.example", "192.0.2.1", "2001:db8::1"));
  for (const char* host :
       {"a.example", "x.b.example", "*.b.example", "192.0.2.1", "[2001:db8::1]", "*"}) {
    EXPECT_TRUE(hosts.covers(host)) << host;
  }
  for (const char* host : {"b.example", "x.y.b.example", "ignored.example", "*.a.example",
                           "192.0.2.2", "[2001:db8::2]"}) {
    EXPECT_FALSE(hosts.covers(host)) << host;
  }
  const ServerCertificate by_name = files.certificate();
  EXPECT_THAT(by_name.names(), ElementsAre("localhost"));
  EXPECT_TRUE(by_name.covers("localhost"));
}

TEST_F(CertificateTest, EndsWithTheFirstOfItsChain) {
  using std::chrono::days;
  const Key key = files.writeKey("key.pem", EVP_EC_gen("P-256"));
  files.writeCertificate("chain.pem", key, "a.example", days(365));
  files.writeCertificate("chain.pem", key, "issuer", days(100));
  const auto left = files.certificate("chain.pem").expires() - std::chrono::system_clock::now();
  EXPECT_GT(left, days(99));
  EXPECT_LE(left, days(100));
}

}  // namespace
}  // namespace wagi::http
