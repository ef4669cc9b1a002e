#include "supply/trust/payload.h"

#include <fmt/format.h>

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

}  // namespace wagi::trust
