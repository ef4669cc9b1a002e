// Reads ASCII text the same way in every locale: letters, digits, blanks, case.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace wagi {

// The white space around a value in most grammars, HTTP's among them (OWS, RFC 9110 5.6.3).
inline constexpr std::string_view kBlanks = " \t";

// The results of both are views into `text`, and at its end where it is nothing but blanks.
[[nodiscard]] constexpr std::string_view trimLeft(std::string_view text,
                                                  std::string_view blanks = kBlanks) {
  return text.substr(std::min(text.find_first_not_of(blanks), text.size()));
}
[[nodiscard]] constexpr std::string_view trim(std::string_view text,
                                              std::string_view blanks = kBlanks) {
  text = trimLeft(text, blanks);
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

[[nodiscard]] constexpr bool isDigit(char c) { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] inline std::string lowered(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), lower);
  return result;
}

// REQUIRES, of both: the second text is in lower case.
[[nodiscard]] constexpr bool equalsIgnoringCase(std::string_view text, std::string_view other) {
  return std::ranges::equal(text, other, {}, lower);
}
[[nodiscard]] constexpr bool startsWithIgnoringCase(std::string_view text,
                                                    std::string_view prefix) {
  return equalsIgnoringCase(text.substr(0, prefix.size()), prefix);
}

// The letters and digits of ASCII with `marks`: what names, keys and tokens are made of.
class Alphabet {
 public:
  constexpr explicit Alphabet(std::string_view marks) {
    for (char c = 'a'; c <= 'z'; ++c) add(c);
    for (char c = 'A'; c <= 'Z'; ++c) add(c);
    for (char c = '0'; c <= '9'; ++c) add(c);
    for (const char c : marks) add(c);
  }
  [[nodiscard]] constexpr bool has(char c) const { return table_[static_cast<unsigned char>(c)]; }
  [[nodiscard]] constexpr bool hasAll(std::string_view text) const {
    return std::ranges::all_of(text, [this](char c) { return has(c); });
  }

 private:
  constexpr void add(char c) { table_[static_cast<unsigned char>(c)] = true; }
  std::array<bool, 256> table_{};
};

// The bytes of a token: of the names of fields, methods and parameters (RFC 9110 5.6.2).
inline constexpr Alphabet kTokenCharacters("!#$%&'*+-.^_`|~");

[[nodiscard]] constexpr bool isToken(std::string_view text) {
  return !text.empty() && kTokenCharacters.hasAll(text);
}

// Whether a byte, or each of `text`, may be in a field's value or a quoted string (RFC 9110 5.5,
// 5.6.4): none ends a line or a text for some reader. Bytes above ASCII are opaque, and pass.
[[nodiscard]] constexpr bool isFieldCharacter(char c) {
  return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
}
[[nodiscard]] constexpr bool isFieldValue(std::string_view text) {
  return std::ranges::all_of(text, isFieldCharacter);
}

}  // namespace wagi
