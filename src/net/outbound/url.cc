#include "net/outbound/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/host_name.h"
#include "base/percent.h"
#include "base/text.h"
#include "net/outbound/limits.h"

namespace wagi::outbound {
namespace {

Result<Host> parseAddress6(std::string_view text) {
  if (!text.ends_with(']')) return fail("an IPv6 address ends with ']'");
  const std::string_view inner = text.substr(1, text.size() - 2);
  if (inner.contains('%')) return fail("an IPv6 address may have no zone");
  auto address = IpAddress::parse(inner);
  if (!address || !address->v6) return fail("this is no IPv6 address");
  return Host{address->text(), address};
}

Result<std::uint16_t> parsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) {
    return fail("a port is a number from 1 to 65535");
  }
  return port;
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
  }
  return target + encodePercent(rest, kKeptInUrls);
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
  if (auto good = checkHostName(text); !good) return std::unexpected(std::move(good.error()));
  Host host{lowered(text), std::nullopt};
  host.address = IpAddress::parse(host.name);  // A name that ends in a number is one.
  return host;
}

Result<Authority> parseAuthority(std::string_view text) {
  if (text.contains('@')) return fail("a user's name or a password isn't accepted");
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
