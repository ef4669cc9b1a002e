#include "http/target.h"

#include <algorithm>
#include <array>

namespace wagi::http {
namespace {

constexpr auto kHostBytes = [] {
  std::array<bool, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  for (int c = '0'; c <= '9'; ++c) table[c] = true;
  // The rest of unreserved, pct-encoded, sub-delims, and IP-literal with its port (RFC 3986 3.2).
  for (const char c : std::string_view("-._~%!$&'()*+,;=:[]")) table[c] = true;
  return table;
}();

bool startsWithIgnoringCase(std::string_view text, std::string_view lower_prefix) {
  if (text.size() < lower_prefix.size()) return false;
  return std::equal(
      lower_prefix.begin(), lower_prefix.end(), text.begin(),
      [](char wanted, char c) { return wanted == (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
}

// `text` is a path with an optional query.
Target splitQuery(std::string_view text, std::string_view authority) {
  const std::size_t mark = text.find('?');
  if (mark == text.npos) return {text, {}, authority};
  return {text.substr(0, mark), text.substr(mark + 1), authority};
}

std::optional<Target> parseAbsolute(std::string_view method, std::string_view rest) {
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  if (authority.empty() || !isHost(authority)) return std::nullopt;
  Target target = splitQuery(rest.substr(end), authority);
  if (target.path.empty()) {
    const bool whole_server = method == "OPTIONS" && target.query.empty();  // RFC 9112 3.2.4
    target.path = whole_server ? "*" : "/";
  }
  return target;
}

}  // namespace

bool isHost(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return kHostBytes[static_cast<unsigned char>(c)]; });
}

std::optional<Target> parseTarget(std::string_view method, std::string_view text) {
  if (text.find('#') != text.npos) return std::nullopt;  // A fragment is the client's own.
  if (text.starts_with('/')) return splitQuery(text, {});
  if (text == "*") {
    if (method != "OPTIONS") return std::nullopt;
    return Target{text, {}, {}};
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (startsWithIgnoringCase(text, scheme)) {
      return parseAbsolute(method, text.substr(scheme.size()));
    }
  }
  return std::nullopt;
}

}  // namespace wagi::http
