#include <fmt/format.h>

#include <array>
#include <charconv>

#include "config/sections.h"

namespace wagi::config {
namespace {

constexpr std::string_view kName = "[[listen]]";
constexpr auto kKeys = std::to_array<std::string_view>(
    {"address", "tls", "tls_cert", "tls_key", "tls_min", "verify_client", "client_ca", "mode"});
constexpr std::uint32_t kModeMax = 0777;

std::optional<std::uint32_t> readMode(TableReader& reader, const Endpoint& address) {
  constexpr std::string_view kKey = "mode";
  const auto text = reader.nonEmpty(kKey);
  if (!text) return std::nullopt;
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), mode, 8);
  if (error != std::errc() || end != text->data() + text->size() || mode > kModeMax) {
    reader.mistake(kKey, fmt::format("`{}`: expected permissions such as \"0660\", found \"{}\"",
                                     kKey, *text));
    return std::nullopt;
  }
  if (address.kind != Endpoint::Kind::kUnix) {
    reader.mistake(kKey, "`mode` is for a Unix socket: `address` names none");
  }
  return mode;
}

// A key that only makes sense with TLS is a mistake without it: somebody relies on it.
void checkNeedsTls(TableReader& reader, const Listen& listen) {
  if (listen.tls) return;
  for (const std::string_view key : {"tls_cert", "tls_min", "verify_client", "client_ca"}) {
    if (reader.node(key) != nullptr) {
      reader.mistake(key, fmt::format("`{}` needs `tls = true`: this listener has no TLS", key));
    }
  }
}

}  // namespace

Listen readListen(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, kName, kKeys, mistakes);
  Listen listen;
  listen.place = mistakes.placeOf(table.source());
  if (const auto text = reader.required("address")) {
    listen.place = mistakes.placeOf(reader.node("address")->source());
    if (auto address = parseEndpoint(*text)) {
      listen.address = *std::move(address);
    } else {
      reader.mistake("address", fmt::format("`address`: {}", address.error().message));
    }
  }
  listen.certificate = readCertificate(reader, mistakes);
  listen.tls = reader.boolean("tls").value_or(listen.certificate.has_value());
  listen.tls_1_3_only = reader.oneOf("tls_min", {"1.2", "1.3"}) == 1;
  if (const auto verify = reader.oneOf("verify_client", {"no", "optional", "required"})) {
    listen.verify_client = static_cast<VerifyClient>(*verify);
  }
  listen.client_ca = reader.nonEmpty("client_ca");
  listen.mode = readMode(reader, listen.address);
  checkNeedsTls(reader, listen);
  const bool verifies = listen.verify_client != VerifyClient::kNo;
  if (verifies && !listen.client_ca && reader.node("client_ca") == nullptr) {
    reader.mistake("verify_client",
                   "`verify_client` needs `client_ca`: the certificates of the authorities that "
                   "sign those of clients, in PEM");
  }
  if (!verifies && listen.client_ca) {
    reader.mistake("client_ca",
                   "`client_ca` needs `verify_client = \"required\"` or \"optional\": no client is "
                   "asked for a certificate");
  }
  return listen;
}

std::optional<Certificate> readCertificate(TableReader& reader, const Mistakes& mistakes) {
  auto cert = reader.nonEmpty("tls_cert");
  auto key = reader.nonEmpty("tls_key");
  if (cert && key) {
    return Certificate{*std::move(cert), *std::move(key),
                       mistakes.placeOf(reader.node("tls_cert")->source())};
  }
  if (reader.node("tls_cert") == nullptr && key) {
    reader.mistake("tls_key", "`tls_key` needs `tls_cert`, the certificate of the key");
  }
  if (reader.node("tls_key") == nullptr && cert) {
    reader.mistake("tls_cert", "`tls_cert` needs `tls_key`, the key of the certificate");
  }
  return std::nullopt;
}

}  // namespace wagi::config
