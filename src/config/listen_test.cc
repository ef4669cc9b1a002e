#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace wagi::config {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kModule = "[[module]]\nroute = \"/\"\nmodule = \"a.wasm\"\n";

std::vector<Listen> listens(std::string_view tables) {
  auto config = parse(std::string(tables) + std::string(kModule), "m.toml");
  EXPECT_TRUE(config) << text(config.error());
  return config ? config->listens : std::vector<Listen>{};
}

// All mistakes of a file that begins with `tables`.
std::string mistakes(std::string_view tables) {
  const auto config = parse(std::string(tables) + std::string(kModule), "m.toml");
  return config ? "none" : text(config.error());
}

TEST(ListenTest, EveryKey) {
  const auto all = listens(R"(
[[listen]]
address = "[::]:443"
tls_cert = "cert.pem"
tls_key = "key.pem"
tls_min = "1.3"
verify_client = "required"
client_ca = "ca.pem"
[[listen]]
address = "unix:/run/wagi.sock"
mode = "0660"
[[listen]]
address = "systemd:web"
tls = true
verify_client = "optional"
client_ca = "ca.pem"
[[listen]]
address = "127.0.0.1:80"
tls = false
)");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].address.text(), "[::]:443");
  EXPECT_TRUE(all[0].tls);
  ASSERT_TRUE(all[0].certificate);
  EXPECT_EQ(all[0].certificate->cert, "cert.pem");
  EXPECT_EQ(all[0].certificate->key, "key.pem");
  EXPECT_EQ(all[0].certificate->place.line, 4u);
  EXPECT_TRUE(all[0].tls_1_3_only);
  EXPECT_EQ(all[0].verify_client, VerifyClient::kRequired);
  EXPECT_EQ(all[0].client_ca, "ca.pem");
  EXPECT_EQ(all[0].place.line, 3u);
  EXPECT_EQ(all[1].address.path, "/run/wagi.sock");
  EXPECT_EQ(all[1].mode, 0660u);
  EXPECT_FALSE(all[1].tls);
  EXPECT_EQ(all[1].verify_client, VerifyClient::kNo);
  EXPECT_EQ(all[2].address.name, "web");
  EXPECT_TRUE(all[2].tls);
  EXPECT_FALSE(all[2].certificate);
  EXPECT_FALSE(all[2].tls_1_3_only);
  EXPECT_EQ(all[2].verify_client, VerifyClient::kOptional);
  EXPECT_FALSE(all[3].tls);
}

TEST(ListenTest, WhatIsWrongHasItsPlace) {
  EXPECT_EQ(mistakes("[[listen]]\n"), "m.toml:1:1: [[listen]] has no `address`, which is required");
  EXPECT_THAT(mistakes("[[listen]]\naddress = \"localhost:80\"\n"),
              StartsWith("m.toml:2:11: `address`: `localhost:80` is no address to listen on"));
  EXPECT_THAT(mistakes("[[listen]]\naddress = \"unix:\"\n"), HasSubstr("needs the path"));
  EXPECT_THAT(mistakes("[[listen]]\naddress = \"systemd:\"\n"), HasSubstr("FileDescriptorName"));
  EXPECT_THAT(mistakes("[[listen]]\naddress = \"1.2.3.4:1\"\ntls_cert = \"c\"\n"),
              HasSubstr("m.toml:3:12: `tls_cert` needs `tls_key`"));
  EXPECT_THAT(mistakes("[[listen]]\naddress = \"1.2.3.4:1\"\ntls_key = \"k\"\n"),
              HasSubstr("m.toml:3:11: `tls_key` needs `tls_cert`"));
  EXPECT_EQ(mistakes("[[listen]]\naddress = \"1.2.3.4:1\"\ntls = true\ntls_min = \"1.1\"\n"),
            "m.toml:4:11: `tls_min`: expected \"1.2\" or \"1.3\", found \"1.1\"");
  EXPECT_EQ(mistakes("[[listen]]\naddress = \"1.2.3.4:1\"\ntls_min = \"1.3\"\n"),
            "m.toml:3:11: `tls_min` needs `tls = true`: this listener has no TLS");
  EXPECT_THAT(
      mistakes("[[listen]]\naddress = \"1.2.3.4:1\"\ntls = true\nverify_client = \"required\"\n"),
      StartsWith("m.toml:4:17: `verify_client` needs `client_ca`"));
  EXPECT_THAT(mistakes("[[listen]]\naddress = \"1.2.3.4:1\"\ntls = true\nclient_ca = \"ca\"\n"),
              StartsWith("m.toml:4:13: `client_ca` needs `verify_client = \"required\"`"));
  EXPECT_THAT(mistakes("[[listen]]\naddress = \"1.2.3.4:1\"\nmode = \"0660\"\n"),
              StartsWith("m.toml:3:8: `mode` is for a Unix socket"));
  for (const char* mode : {"0888", "01777", "u+x", "-1", "660 "}) {
    EXPECT_THAT(
        mistakes("[[listen]]\naddress = \"unix:s\"\nmode = \"" + std::string(mode) + "\"\n"),
        HasSubstr("`mode`: expected permissions such as \"0660\""))
        << mode;
  }
  EXPECT_EQ(mistakes("[listen]\naddress = \"1.2.3.4:1\"\n"),
            "m.toml:1:1: `listen` must be a list: write [[listen]], not [listen]");
}

TEST(ListenTest, AnAddressIsListenedOnOnce) {
  EXPECT_EQ(mistakes("[[listen]]\naddress = \"1.2.3.4:1\"\n[[listen]]\naddress = \"1.2.3.4:1\"\n"),
            "m.toml:4:11: `address`: the [[listen]] of line 2 has 1.2.3.4:1 already");
  EXPECT_EQ(mistakes("[[listen]]\naddress = \"unix:s\"\n[[listen]]\naddress = \"unix:s\"\n"),
            "m.toml:4:11: `address`: the [[listen]] of line 2 has unix:s already");
  EXPECT_EQ(
      listens("[[listen]]\naddress = \"1.2.3.4:0\"\n[[listen]]\naddress = \"1.2.3.4:0\"\n").size(),
      2u);
  EXPECT_THAT(mistakes("[server]\nlisten = \"1.2.3.4:1\"\n[[listen]]\naddress = \"1.2.3.4:2\"\n"),
              StartsWith("m.toml:4:11: [[listen]] and `listen` in [server] are given"));
}

}  // namespace
}  // namespace wagi::config
