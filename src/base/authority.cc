#include "base/authority.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/hex.h"
#include "base/text.h"

namespace wagi {
namespace {

// unreserved and sub-delims (RFC 3986 2.2, 2.3).
constexpr Alphabet kNameCharacters("-._~!$&'()*+,;=");

// reg-name or IPv4address.
bool isName(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kNameCharacters.has(text[i])) continue;
    if (text[i] != '%' || !isEscape(text.substr(i))) return false;
    i += 2;
  }
  return true;
}

bool isIpv6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.contains('\0')) return false;
  std::memcpy(terminated.data(), text.data(), text.size());
  in6_addr address;
  return ::inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

// "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )
bool isIpFuture(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == text.npos || dot < 2 || dot + 1 == text.size()) return false;
  return (text[0] == 'v' || text[0] == 'V') &&
         std::ranges::all_of(text.substr(1, dot - 1), [](char c) { return hexValue(c) >= 0; }) &&
         std::ranges::all_of(text.substr(dot + 1),
                             [](char c) { return kNameCharacters.has(c) || c == ':'; });
}

// `text` begins with the '[' of an address. False: there is no good one.
bool takeAddress(std::string_view text, Authority& authority) {
  const std::size_t close = text.find(']');
  if (close == text.npos) return false;
  const std::string_view inner = text.substr(1, close - 1);
  authority.host = text.substr(0, close + 1);
  authority.kind = Authority::Kind::kIpv6;
  if (isIpv6(inner)) return true;
  authority.kind = Authority::Kind::kIpFuture;
  return isIpFuture(inner);
}

// `text` is what follows the host: nothing, or a ':' and digits.
bool takePort(std::string_view text, std::optional<std::uint16_t>& port) {
  if (text.empty()) return true;
  if (text.front() != ':') return false;
  text.remove_prefix(1);
  if (text.empty()) return true;
  std::uint16_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last) return false;
  port = number;
  return true;
}

}  // namespace

std::optional<Authority> parseAuthority(std::string_view text) {
  Authority authority{.text = text, .host = {}, .kind = Authority::Kind::kName, .port = {}};
  if (text.empty()) return authority;
  if (text.starts_with('[')) {
    if (!takeAddress(text, authority)) return std::nullopt;
  } else {
    authority.host = text.substr(0, text.find(':'));
    if (authority.host.empty() || !isName(authority.host)) return std::nullopt;
  }
  if (!takePort(text.substr(authority.host.size()), authority.port)) return std::nullopt;
  return authority;
}

}  // namespace wagi
