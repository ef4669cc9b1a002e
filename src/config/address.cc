#include "config/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>

namespace wagi::config {
namespace {

constexpr std::size_t kHostBytesMax = 255;  // RFC 1123 2.1

bool isAddress(int family, std::string_view text) {
  unsigned char address[sizeof(in6_addr)];
  return text.size() <= kHostBytesMax && !text.contains('\0') &&
         inet_pton(family, std::string(text).c_str(), address) == 1;
}

std::optional<std::uint16_t> parsePort(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool isAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A name or an IPv4 address. '_' is in the names that people give containers.
bool isName(std::string_view text) {
  return !text.empty() && text.size() <= kHostBytesMax && std::ranges::all_of(text, [](char c) {
    return isAlphanumeric(c) || c == '-' || c == '.' || c == '_';
  });
}

struct Split {
  std::string_view host;
  std::optional<std::string_view> port;  // What follows the host's ':'.
};

std::optional<Split> split(std::string_view text) {
  const bool bracketed = text.starts_with('[');
  const std::size_t close = bracketed ? text.find(']') : 0;
  if (close == std::string_view::npos) return std::nullopt;
  const std::size_t colon = text.find(':', close);
  Split parts{text.substr(0, colon), std::nullopt};
  if (colon != std::string_view::npos) parts.port = text.substr(colon + 1);
  const bool good =
      bracketed ? parts.host.size() == close + 1 && isAddress(AF_INET6, text.substr(1, close - 1))
                : isName(parts.host);
  if (!good) return std::nullopt;
  return parts;
}

}  // namespace

std::string Endpoint::text() const {
  return v6 ? fmt::format("[{}]:{}", ip, port) : fmt::format("{}:{}", ip, port);
}

Result<Endpoint> parseEndpoint(std::string_view text) {
  const auto parts = split(text);
  const auto port = parts && parts->port ? parsePort(*parts->port) : std::nullopt;
  if (port) {
    std::string_view host = parts->host;
    const bool v6 = host.starts_with('[');
    if (v6) host = host.substr(1, host.size() - 2);
    if (v6 || isAddress(AF_INET, host)) return Endpoint{std::string(host), *port, v6};
  }
  return fail(fmt::format(
      "`{}` is no address to listen on: expected IP:PORT, such as 127.0.0.1:3000 or [::1]:3000",
      text));
}

std::optional<HostPort> splitHostPort(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  return HostPort{parts->host, parts->port ? parsePort(*parts->port) : std::nullopt};
}

Result<HostPort> parseHostPort(std::string_view text) {
  const auto parts = split(text);
  if (parts && !parts->port) return HostPort{parts->host, std::nullopt};
  if (const auto port = parts ? parsePort(*parts->port) : std::nullopt) {
    return HostPort{parts->host, port};
  }
  return fail(
      fmt::format("`{}` is no host: expected HOST or HOST:PORT, such as example.com:443", text));
}

}  // namespace wagi::config
