#include "outbound/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "outbound/limits.h"

namespace wagi::outbound {
namespace {

constexpr std::size_t kNameBytesMax = 253;  // RFC 1035 2.3.4
constexpr std::size_t kLabelBytesMax = 63;

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// What inet_aton(3), and browsers, would take for a part of an IPv4 address.
bool looksNumeric(std::string_view label) {
  if (label.empty()) return false;
  if (std::ranges::all_of(label, isDigit)) return true;
  return label.starts_with("0x") && std::ranges::all_of(label.substr(2), [](char c) {
           return isDigit(c) || (c >= 'a' && c <= 'f');
         });
}

Result<Host> parseAddress6(std::string_view text) {
  if (!text.ends_with(']')) return fail("an IPv6 address ends with ']'");
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.contains('%')) return fail("an IPv6 address may have no zone");
  auto address = IpAddress::parse(inner);
  if (!address || !address->v6) return fail("this is no IPv6 address");
  return Host{address->text(), *address};
}

Result<void> checkLabel(std::string_view label) {
  if (label.empty()) return fail("a host's name has no empty part");
  if (label.size() > kLabelBytesMax) return fail("a part of the host's name is too long");
  for (const char c : label) {
    if (!isAlpha(c) && !isDigit(c) && c != '-' && c != '_') {
      return fail(static_cast<unsigned char>(c) >= 0x80
                      ? "the host's name isn't ASCII: write its xn-- form"
                      : "the host's name has a character that no name has");
    }
  }
  return {};
}

Result<std::uint16_t> parsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return fail("a port is a number from 1 to 65535");
  }
  return port;
}

// Whether a byte of a path or a query is sent as it is; others are percent-encoded.
bool isSentAsIs(char c) {
  constexpr std::string_view kEncoded = " \"<>`{}|^";
  return static_cast<unsigned char>(c) < 0x80 && !kEncoded.contains(c);
}

Result<std::string> encodeTarget(std::string_view rest) {
  rest = rest.substr(0, rest.find('#'));
  std::string target;
  if (!rest.starts_with('/')) target = '/';
  for (const char c : rest) {
    // Others strip or translate these: "http://good\@evil", "ht\ntp:".
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') {
      return fail("a URL has no control characters and no backslash");
    }
    if (isSentAsIs(c)) {
      target += c;
    } else {
      target += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return target;
}

}  // namespace

std::string Origin::authority() const {
  const bool brackets = host.address && host.address->v6;
  std::string text = brackets ? fmt::format("[{}]", host.name) : host.name;
  if (port != defaultPort(scheme)) text += fmt::format(":{}", port);
  return text;
}

std::optional<Scheme> takeScheme(std::string_view& text) {
  for (const Scheme scheme : {Scheme::kHttp, Scheme::kHttps}) {
    const std::string prefix = fmt::format("{}://", textOf(scheme));
    if (text.size() < prefix.size()) continue;
    if (!std::ranges::equal(text.substr(0, prefix.size()), prefix, {}, lower)) continue;
    text.remove_prefix(prefix.size());
    return scheme;
  }
  return std::nullopt;
}

Result<Host> parseHost(std::string_view text) {
  if (text.empty()) return fail("there is no host");
  if (text.starts_with('[')) return parseAddress6(text);
  if (text.ends_with('.')) text.remove_suffix(1);  // The root of DNS; nothing else is told by it.
  if (text.size() > kNameBytesMax) return fail("the host's name is too long");
  Host host;
  std::ranges::transform(text, std::back_inserter(host.name), lower);
  std::string_view rest = host.name, label;
  for (bool more = true; more;) {
    const std::size_t dot = rest.find('.');
    more = dot != std::string_view::npos;
    label = rest.substr(0, dot);
    if (auto good = checkLabel(label); !good) return std::unexpected(good.error());
    if (more) rest.remove_prefix(dot + 1);
  }
  // A name that ends in a number is an address to some readers (WHATWG URL, "ends in a number").
  if (looksNumeric(label)) {
    host.address = IpAddress::parse(host.name);
    if (!host.address) return fail("an IPv4 address is four decimal numbers");
  }
  return host;
}

Result<Authority> parseAuthority(std::string_view text) {
  if (text.contains('@')) return fail("a URL with a user's name isn't accepted");
  const std::size_t bracket = text.starts_with('[') ? text.find(']') : 0;
  const std::size_t colon = bracket == std::string_view::npos ? bracket : text.find(':', bracket);
  auto host = parseHost(text.substr(0, colon));
  if (!host) return std::unexpected(std::move(host.error()));
  Authority authority{*std::move(host), std::nullopt};
  if (colon == std::string_view::npos) return authority;
  const auto port = parsePort(text.substr(colon + 1));
  if (!port) return std::unexpected(port.error());
  authority.port = *port;
  return authority;
}

Result<Url> parseUrl(std::string_view text) {
  if (text.size() > kUrlBytesMax) return fail("the URL is too long");
  const auto scheme = takeScheme(text);
  if (!scheme) return fail("a URL begins with http:// or https://");
  const std::size_t end = text.find_first_of("/?#\\");
  auto authority = parseAuthority(text.substr(0, end));
  if (!authority) return std::unexpected(std::move(authority.error()));
  auto target = encodeTarget(end == std::string_view::npos ? "" : text.substr(end));
  if (!target) return std::unexpected(std::move(target.error()));
  const std::uint16_t port = authority->port.value_or(defaultPort(*scheme));
  return Url{{*scheme, std::move(authority->host), port}, *std::move(target)};
}

}  // namespace wagi::outbound
