#include "config/address.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <cstddef>

#include "base/authority.h"
#include "base/ip_address.h"
#include "base/text.h"

namespace wagi::config {
namespace {

constexpr std::size_t kHostBytesMax = 255;  // RFC 1123 2.1
constexpr std::string_view kUnixScheme = "unix:";
constexpr std::string_view kInheritedScheme = "systemd:";
// With the NUL behind it, as the kernel takes it.
constexpr std::size_t kUnixPathBytesMax = sizeof(sockaddr_un::sun_path) - 1;

constexpr Alphabet kNameCharacters("-._");

// A name that DNS may have, or an IPv4 address: less than a URI's grammar allows. '_' is in the
// names that people give containers.
bool isName(std::string_view text) {
  return !text.empty() && text.size() <= kHostBytesMax && kNameCharacters.hasAll(text);
}

// In what a person wrote, a ':' without a port is a mistake.
std::optional<Authority> readAuthority(std::string_view text) {
  const auto authority = parseAuthority(text);
  if (!authority || text.ends_with(':')) return std::nullopt;
  const bool good = authority->kind == Authority::Kind::kName
                        ? isName(authority->host)
                        : authority->kind == Authority::Kind::kIpv6;
  return good ? authority : std::nullopt;
}

Result<Endpoint> parseUnix(std::string_view path) {
  if (path.empty() || path.contains('\0')) return fail("`unix:` needs the path of a socket");
  if (path.size() > kUnixPathBytesMax) {
    return fail(fmt::format("`unix:{}` is too long: the path of a socket has at most {} bytes",
                            path, kUnixPathBytesMax));
  }
  return Endpoint{.kind = Endpoint::Kind::kUnix, .path = std::string(path)};
}

Result<Endpoint> parseInherited(std::string_view name) {
  constexpr Alphabet kSocketNameCharacters("-._@");
  if (name.empty() || !kSocketNameCharacters.hasAll(name)) {
    return fail("`systemd:` needs the FileDescriptorName of a socket, such as systemd:web");
  }
  return Endpoint{.kind = Endpoint::Kind::kInherited, .name = std::string(name)};
}

}  // namespace

std::string Endpoint::text() const {
  switch (kind) {
    case Kind::kUnix:
      return fmt::format("{}{}", kUnixScheme, path);
    case Kind::kInherited:
      return fmt::format("{}{}", kInheritedScheme, name);
    case Kind::kIp:
      break;
  }
  return v6 ? fmt::format("[{}]:{}", ip, port) : fmt::format("{}:{}", ip, port);
}

Result<Endpoint> parseEndpoint(std::string_view text) {
  if (text.starts_with(kUnixScheme)) return parseUnix(text.substr(kUnixScheme.size()));
  if (text.starts_with(kInheritedScheme))
    return parseInherited(text.substr(kInheritedScheme.size()));
  const auto authority = readAuthority(text);
  if (authority && authority->port) {
    std::string_view host = authority->host;
    if (authority->kind == Authority::Kind::kIpv6) host = host.substr(1, host.size() - 2);
    if (const auto address = IpAddress::parse(host)) {
      return Endpoint{.ip = std::string(host), .port = *authority->port, .v6 = address->v6};
    }
  }
  return fail(
      fmt::format("`{}` is no address to listen on: expected IP:PORT, such as 127.0.0.1:3000 or "
                  "[::1]:3000, unix:PATH, or systemd:NAME",
                  text));
}

Result<HostPort> parseHostPort(std::string_view text) {
  if (const auto authority = readAuthority(text)) return HostPort{authority->host, authority->port};
  return fail(
      fmt::format("`{}` is no host: expected HOST or HOST:PORT, such as example.com:443", text));
}

}  // namespace wagi::config
