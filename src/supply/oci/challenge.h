// Reads WWW-Authenticate (RFC 9110 11.6.1), by which a registry's 401 says what credentials it
// wants.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace wagi::oci {

struct Challenge {
  enum class Scheme { kBasic, kBearer } scheme = Scheme::kBasic;
  std::map<std::string, std::string> parameters;  // Names in lower case: realm, service, scope.

  [[nodiscard]] std::string parameter(const std::string& name) const;  // "" where it is missing.
};

// The first challenge in a field's value whose scheme is Basic or Bearer.
[[nodiscard]] std::optional<Challenge> parseChallenge(std::string_view value);

}  // namespace wagi::oci
