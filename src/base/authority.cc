#include "base/authority.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "base/hex.h"
#include "base/ip_address.h"
#include "base/percent.h"
#include "base/text.h"

namespace wagi {
namespace {

// unreserved and sub-delims (RFC 3986 2.2, 2.3).
constexpr Alphabet kNameCharacters("-._~!$&'()*+,;=");

// Whether `text` is a reg-name or IPv4address (RFC 3986 3.2.2).
bool isName(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '%' || kNameCharacters.has(c); }) &&
         isEscapedWell(text);
}

bool isIpv6(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address && address->v6;
}

// IPvFuture is "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) (RFC 3986 3.2.2).
bool isIpFuture(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == text.npos || dot < 2 || dot + 1 == text.size()) return false;
  return (text[0] == 'v' || text[0] == 'V') &&
         std::ranges::all_of(text.substr(1, dot - 1), [](char c) { return hexValue(c) >= 0; }) &&
         std::ranges::all_of(text.substr(dot + 1),
                             [](char c) { return kNameCharacters.has(c) || c == ':'; });
}

// `host` is in brackets, and not empty.
std::optional<Authority::Kind> kindOfAddress(std::string_view host) {
  const std::string_view inner = host.substr(1, host.size() - 2);
  if (isIpv6(inner)) return Authority::Kind::kIpv6;
  if (isIpFuture(inner)) return Authority::Kind::kIpFuture;
  return std::nullopt;
}

}  // namespace

std::optional<AuthorityParts> splitAuthority(std::string_view text) {
  std::size_t end = text.find(':');
  if (text.starts_with('[')) {
    end = text.find(']');
    if (end == text.npos) return std::nullopt;
    ++end;
  }
  AuthorityParts parts{.host = text.substr(0, end), .port = {}};
  const std::string_view rest = text.substr(parts.host.size());
  if (rest.empty()) return parts;
  if (rest.front() != ':') return std::nullopt;
  parts.port = rest.substr(1);
  return parts;
}

std::optional<std::uint16_t> parsePort(std::string_view text) {
  std::uint16_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  if (error != std::errc() || end != last) return std::nullopt;
  return number;
}

std::optional<Authority> parseAuthority(std::string_view text) {
  Authority authority{.text = text, .host = {}, .kind = Authority::Kind::kName, .port = {}};
  if (text.empty()) return authority;
  const auto parts = splitAuthority(text);
  if (!parts) return std::nullopt;
  authority.host = parts->host;
  if (authority.host.starts_with('[')) {
    const auto kind = kindOfAddress(authority.host);
    if (!kind) return std::nullopt;
    authority.kind = *kind;
  } else if (authority.host.empty() || !isName(authority.host)) {
    return std::nullopt;
  }
  if (parts->port && !parts->port->empty()) {
    authority.port = parsePort(*parts->port);
    if (!authority.port) return std::nullopt;
  }
  return authority;
}

}  // namespace wagi
