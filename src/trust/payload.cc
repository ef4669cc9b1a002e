#include "trust/payload.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace wagi::trust {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kType = "cosign container image signature";

}  // namespace

std::string makePayload(std::string_view name, std::string_view digest) {
  const Json payload{{"critical",
                      {{"identity", {{"docker-reference", name}}},
                       {"image", {{"docker-manifest-digest", digest}}},
                       {"type", kType}}},
                     {"optional", nullptr}};
  return payload.dump();
}

Result<void> checkPayload(std::string_view payload, std::string_view digest) {
  if (payload.size() > kPayloadBytesMax) return fail("what was signed is too large");
  const Json json = Json::parse(payload, nullptr, /*allow_exceptions=*/false);
  const auto text = [&](const char* path) -> std::string {
    const Json::json_pointer pointer(path);
    if (!json.contains(pointer) || !json[pointer].is_string()) return {};
    return json[pointer].get<std::string>();
  };
  if (!json.is_object() || text("/critical/type") != kType) {
    return fail("what was signed is no simple-signing payload");
  }
  const std::string signed_digest = text("/critical/image/docker-manifest-digest");
  if (signed_digest != digest) {
    return fail(fmt::format("what was signed is '{}', not {}", signed_digest, digest));
  }
  return {};
}

std::string encodeBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock adds a NUL.
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<std::string> decodeBase64(std::string_view text) {
  const auto wrong = [] { return fail("it isn't Base64"); };
  const std::size_t padding = text.size() - std::min(text.find('='), text.size());
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  if (text.size() % 4 != 0 || padding > 2 || text.size() > (1 << 20)) return wrong();
  if (!std::ranges::all_of(text.substr(0, text.size() - padding), is_digit)) return wrong();
  if (!text.substr(text.size() - padding)
           .ends_with(padding == 2   ? "=="
                      : padding == 1 ? "="
                                     : "")) {
    return wrong();
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return wrong();
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace wagi::trust
