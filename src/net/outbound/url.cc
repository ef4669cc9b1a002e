#include "net/outbound/url.h"

#include <fmt/format.h>

#include "base/authority.h"
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

// The path and query of a URL, encoded as they are sent. `rest` is the text behind its authority.
Result<std::string> targetOf(std::string_view rest) {
  auto target = encodeUrl(rest.substr(0, rest.find('#')));
  if (!target || target->starts_with('/')) return target;
  return fmt::format("/{}", *target);
}

}  // namespace

std::string Origin::authority() const {
  const bool brackets = host.address && host.address->v6;
  std::string text = brackets ? fmt::format("[{}]", host.name) : host.name;
  if (port != defaultPort(scheme)) text += fmt::format(":{}", port);
  return text;
}

Result<Host> parseHost(std::string_view text) {
  if (text.empty()) return fail("there is no host");
  if (text.starts_with('[')) return parseAddress6(text);
  if (text.ends_with('.')) text.remove_suffix(1);  // The dot stands for the root of DNS only.
  if (auto good = checkHostName(text); !good) return std::unexpected(std::move(good.error()));
  Host host{lowered(text), std::nullopt};
  host.address = IpAddress::parse(host.name);  // A name that ends in a number is one.
  return host;
}

Result<HostAndPort> parseHostAndPort(std::string_view text) {
  if (text.contains('@')) return fail("a user's name or a password isn't accepted");
  const auto parts = splitAuthority(text);
  if (!parts) return fail("an IPv6 address ends with ']'");
  auto host = parseHost(parts->host);
  if (!host) return std::unexpected(std::move(host.error()));
  HostAndPort read{*std::move(host), std::nullopt};
  if (!parts->port) return read;
  read.port = parsePort(*parts->port);
  if (read.port.value_or(0) == 0) return fail("a port is a number from 1 to 65535");
  return read;
}

Result<Url> parseUrl(std::string_view text) {
  if (text.size() > kUrlBytesMax) return fail("the URL is too long");
  const auto scheme = takeScheme(text);
  if (!scheme) return fail("a URL begins with http:// or https://");
  const std::size_t end = text.find_first_of("/?#\\");
  auto authority = parseHostAndPort(text.substr(0, end));
  if (!authority) return std::unexpected(std::move(authority.error()));
  auto target = targetOf(end == std::string_view::npos ? "" : text.substr(end));
  if (!target) return std::unexpected(std::move(target.error()));
  const std::uint16_t port = authority->port.value_or(defaultPort(*scheme));
  return Url{{*scheme, std::move(authority->host), port}, *std::move(target)};
}

}  // namespace wagi::outbound
