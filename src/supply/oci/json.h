// JSON of foreign hands: read without exceptions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace wagi::oci {

// Something that is no object where it isn't JSON.
[[nodiscard]] inline nlohmann::json parseJson(std::string_view text) {
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

// Empty where `object` is none, has no such key, or another type there.
[[nodiscard]] inline std::string textIn(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace wagi::oci
