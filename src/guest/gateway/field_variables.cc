#include "guest/gateway/field_variables.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "guest/gateway/text.h"

namespace wagi::gateway {
namespace {

constexpr std::string_view kPrefix = "HTTP_";

// Maps each byte of a field's name (RFC 9110 5.6.2) to that of a variable's name. 0 means that a
// field with that byte in its name isn't passed on.
constexpr std::array<char, 256> kVariableByte = [] {
  std::array<char, 256> table{};
  for (const char c : std::string_view("!#$%&'*+.^`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = c;
  }
  for (char c = 'a'; c <= 'z'; ++c) {
    table[static_cast<unsigned char>(c)] = static_cast<char>(c - 'a' + 'A');
  }
  table['-'] = '_';
  return table;
}();

constexpr char variableByte(char c) { return kVariableByte[static_cast<unsigned char>(c)]; }

// Whether the field `name` becomes the variable HTTP_`variable`.
bool becomes(std::string_view name, std::string_view variable) {
  return std::ranges::equal(name, variable, {}, variableByte);
}

constexpr std::uint64_t kHashStart = 0xcbf29ce484222325;
constexpr std::uint64_t step(std::uint64_t hash, char c) {
  return (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;  // FNV-1a
}

// The hash of a field's name as a variable; 0 means that the field isn't passed on.
std::uint64_t hashOfField(std::string_view name) {
  std::uint64_t hash = kHashStart;
  for (const char c : name) {
    const char byte = variableByte(c);
    if (byte == 0) return 0;
    hash = step(hash, byte);
  }
  return name.empty() ? 0 : hash | 1;
}

bool isWithheld(std::string_view name) {
  return becomes(name, "AUTHORIZATION") || becomes(name, "CONNECTION") || becomes(name, "PROXY") ||
         becomes(name, "PROXY_AUTHORIZATION");
}

void appendValue(std::string_view value, std::string& out) {
  out.append(isVisible(value) ? value : kCorruptValue);
}

}  // namespace

FieldVariables::FieldVariables(std::span<const Field> fields) : fields_(fields) {
  hashes_.reserve(fields.size());
  for (const auto& [name, value] : fields) {
    if (content_type_.empty() && becomes(name, "CONTENT_TYPE")) content_type_ = value;
    hashes_.push_back(isWithheld(name) ? 0 : hashOfField(name));
  }
}

std::uint64_t FieldVariables::hashOf(std::string_view name) {
  if (!name.starts_with(kPrefix)) return 0;
  std::uint64_t hash = kHashStart;
  for (const char c : name.substr(kPrefix.size())) hash = step(hash, c);
  return hash | 1;
}

bool FieldVariables::has(std::string_view name, std::uint64_t hash) const {
  if (hash == 0) return false;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (hashes_[i] == hash && becomes(fields_[i].name, name.substr(kPrefix.size()))) return true;
  }
  return false;
}

void FieldVariables::addTo(Block& out) {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const std::uint64_t hash = hashes_[i];
    if (hash == 0) continue;
    const std::string_view name = fields_[i].name;
    out.bytes.append(kPrefix);
    for (const char c : name) out.bytes.push_back(variableByte(c));
    out.bytes.push_back('=');
    appendValue(fields_[i].value, out.bytes);
    for (std::size_t j = i + 1; j < fields_.size(); ++j) {
      if (hashes_[j] != hash) continue;
      const auto same = [](char a, char b) { return variableByte(a) == variableByte(b); };
      if (!std::ranges::equal(name, fields_[j].name, same)) continue;
      hashes_[j] = 0;
      out.bytes.append(becomes(name, "COOKIE") ? "; " : ", ");
      appendValue(fields_[j].value, out.bytes);
    }
    out.bytes.push_back('\0');
    ++out.count;
  }
}

}  // namespace wagi::gateway
