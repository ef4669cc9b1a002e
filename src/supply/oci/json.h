// Reads foreign JSON without exceptions.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace wagi::oci {

// A value that isn't an object where `text` isn't JSON.
[[nodiscard]] inline nlohmann::json parseJson(std::string_view text) {
  return nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
}

// The string under `key`; "" where `object` isn't an object, or has no string there.
[[nodiscard]] inline std::string textIn(const nlohmann::json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace wagi::oci
