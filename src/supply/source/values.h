// Converts values to JSON and back, field by field (config/fields.h). Internal to this folder.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/fields.h"

namespace wagi::source {

using Json = nlohmann::json;

// The conversions: of structures with fields, of JSON's own types, and of containers.
template <class T>
Json toJson(const T& value);
template <class T>
Json toJson(const std::optional<T>& value);
template <class T>
Json toJson(const std::vector<T>& values);
template <class A, class B>
Json toJson(const std::pair<A, B>& pair);
// fromJson() throws a Json::exception where `json` isn't such a value.
template <class T>
void fromJson(const Json& json, T& value);
template <class T>
void fromJson(const Json& json, std::optional<T>& value);
template <class T>
void fromJson(const Json& json, std::vector<T>& values);
template <class A, class B>
void fromJson(const Json& json, std::pair<A, B>& pair);

template <class T>
concept HasFields = requires(T& value) { fieldsOf(value); };

template <class T>
Json toJson(const T& value) {
  if constexpr (HasFields<const T>) {
    Json object = Json::object();
    std::apply([&](const auto&... field) { ((object[field.name] = toJson(field.value)), ...); },
               fieldsOf(value));
    return object;
  } else {
    return value;
  }
}

template <class T>
Json toJson(const std::optional<T>& value) {
  return value ? toJson(*value) : Json();
}

template <class T>
Json toJson(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(toJson(value));
  return array;
}

template <class A, class B>
Json toJson(const std::pair<A, B>& pair) {
  Json array = Json::array();
  array.push_back(toJson(pair.first));
  array.push_back(toJson(pair.second));
  return array;
}

template <class T>
void fromJson(const Json& json, T& value) {
  if constexpr (HasFields<T>) {
    std::apply([&](const auto&... field) { (fromJson(json.at(field.name), field.value), ...); },
               fieldsOf(value));
  } else {
    json.get_to(value);
  }
}

template <class T>
void fromJson(const Json& json, std::optional<T>& value) {
  if (json.is_null()) return value.reset();
  fromJson(json, value.emplace());
}

template <class T>
void fromJson(const Json& json, std::vector<T>& values) {
  values.clear();
  for (const Json& item : json.get_ref<const Json::array_t&>()) {
    fromJson(item, values.emplace_back());
  }
}

template <class A, class B>
void fromJson(const Json& json, std::pair<A, B>& pair) {
  fromJson(json.at(0), pair.first);
  fromJson(json.at(1), pair.second);
}

}  // namespace wagi::source
