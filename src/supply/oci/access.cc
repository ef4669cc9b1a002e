#include "supply/oci/access.h"

#include <fmt/format.h>

#include <chrono>

#include "base/file.h"

namespace wagi::oci {
namespace {

constexpr std::uint64_t kKeyBytesMax = 64 << 10;

}  // namespace

Result<Access> accessOf(const config::Registries& registries, const config::Trust& trust) {
  Access access;
  access.plain_http = registries.plain_http;
  access.client.ca_file = registries.ca_file;
  if (registries.silence_ms_max) {
    access.client.silence_max = std::chrono::milliseconds(*registries.silence_ms_max);
  }
  for (const config::TrustedKey& key : trust.keys) {
    const auto failed = [&](const std::string& why) {
      return fail(config::Diagnostic{key.place, why}.text());
    };
    const auto pem = readFile(key.path, kKeyBytesMax);
    if (!pem) return failed(pem.error().message);
    auto parsed = trust::PublicKey::parse(*pem);
    if (!parsed) return failed(fmt::format("{}: {}", key.path, parsed.error().message));
    access.policy.add(key.name, *std::move(parsed));
  }
  for (const config::TrustRule& rule : trust.rules) {
    access.policy.add({canonicalPattern(rule.pattern), rule.keys});
  }
  return access;
}

}  // namespace wagi::oci
