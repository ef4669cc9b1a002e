#include "net/outbound/allowed_hosts.h"

#include <fmt/format.h>

#include <utility>

#include "net/outbound/address.h"

namespace wagi::outbound {
namespace {

using Names = AllowedHost::Names;
using AddressScope = AllowedHost::AddressScope;

constexpr std::string_view kAllowAll = "insecure:allow-all";
constexpr std::string_view kPrivate = "private:";
constexpr std::string_view kWildcard = "*.";
constexpr std::string_view kLocalhost = "localhost";

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

AddressScope scopeOf(const Host& host, bool is_private) {
  if (host.address) return AddressScope::kExact;
  if (is_private) return AddressScope::kPrivate;
  return host.name == kLocalhost ? AddressScope::kLoopback : AddressScope::kPublic;
}

bool isBelow(std::string_view name, std::string_view parent) {
  return name.size() > parent.size() + 1 && name.ends_with(parent) &&
         name[name.size() - parent.size() - 1] == '.';
}

bool matches(const AllowedHost& entry, const Origin& origin) {
  if (entry.names == Names::kAll) return true;
  if (entry.scheme && *entry.scheme != origin.scheme) return false;
  if (entry.port.value_or(defaultPort(origin.scheme)) != origin.port) return false;
  if (entry.names == Names::kOne) return entry.host == origin.host;
  return !origin.host.address && isBelow(origin.host.name, entry.host.name);
}

}  // namespace

Result<AllowedHost> parseAllowedHost(std::string_view text) {
  AllowedHost entry;
  if (text == kAllowAll) {
    entry.names = Names::kAll;
    return entry;
  }
  const bool is_private = take(text, kPrivate);
  entry.scheme = takeScheme(text);
  if (const std::size_t end = text.find("://"); !entry.scheme && end != std::string_view::npos) {
    return fail(fmt::format("the scheme is '{}': only http:// and https:// can be called",
                            text.substr(0, end)));
  }
  if (take(text, kWildcard)) entry.names = Names::kBelow;
  if (text.ends_with('/')) text.remove_suffix(1);
  if (const std::size_t end = text.find_first_of("/?#"); end != std::string_view::npos) {
    return fail(fmt::format("a host is allowed as a whole: leave out '{}'", text.substr(end)));
  }
  if (text.contains('*')) {
    return fail("a '*' stands for what is before a name, as in *.example.com");
  }
  auto authority = parseHostAndPort(text);
  if (!authority) return std::unexpected(std::move(authority.error()));
  if (authority->host.address) {
    if (entry.names == Names::kBelow) return fail("an address has no names below it");
    if (kindOf(*authority->host.address) == AddressKind::kNever) {
      return fail("no server has this address");
    }
  }
  entry.host = std::move(authority->host);
  entry.port = authority->port;
  entry.scope = scopeOf(entry.host, is_private);
  return entry;
}

const AllowedHost* findAllowed(std::span<const AllowedHost> entries, const Origin& origin) {
  const AllowedHost* found = nullptr;
  for (const AllowedHost& entry : entries) {
    if (!matches(entry, origin)) continue;
    if (found == nullptr || entry.scope > found->scope) found = &entry;
  }
  return found;
}

bool permits(const AllowedHost& entry, const IpAddress& address) {
  const AddressKind kind = kindOf(address);
  switch (entry.scope) {
    case AddressScope::kPublic:
      return kind == AddressKind::kPublic;
    case AddressScope::kLoopback:
      return kind == AddressKind::kLoopback;
    case AddressScope::kExact:
      return entry.host.address == address;
    case AddressScope::kPrivate:
      return kind == AddressKind::kPublic || kind == AddressKind::kPrivate ||
             kind == AddressKind::kLoopback;
  }
  std::unreachable();
}

}  // namespace wagi::outbound
