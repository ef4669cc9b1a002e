#include "supply/spin/hosts.h"

#include <fmt/format.h>

#include "net/outbound/url.h"

namespace wagi::spin {
namespace {

constexpr std::string_view kHttp = "http";
constexpr std::string_view kHttps = "https";

// Fails unless `text` is HOST[:PORT] without wildcards, but for a "*." at its beginning.
Result<void> checkAuthority(std::string_view text) {
  if (text.starts_with("self")) {
    const std::string_view rest = text.substr(4);
    if (rest.empty() || rest == ".alt" || rest.starts_with(':')) {
      return fail("a program can't call its own application by that name; name its address");
    }
  }
  if (text.starts_with("*.")) text.remove_prefix(2);
  if (text.contains('*')) return fail("`allowed_hosts` has no such wildcard: name each host");
  if (text.contains("..")) return fail("`allowed_hosts` has no ranges of ports: name each port");
  if (text.contains('/')) return fail("`allowed_hosts` has no paths and no ranges of addresses");
  // The reader that a server uses, so that what is written is what it takes.
  const auto host = outbound::parseHostAndPort(text);
  if (!host) return fail(fmt::format("expected HOST or HOST:PORT: {}", host.error().message));
  return {};
}

Result<std::vector<std::string>> withSchemes(std::vector<std::string_view> schemes,
                                             std::string_view authority) {
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (const auto good = checkAuthority(authority); !good) return std::unexpected(good.error());
  std::vector<std::string> hosts;
  hosts.reserve(schemes.size());
  for (const std::string_view scheme : schemes) {
    hosts.push_back(fmt::format("{}://{}", scheme, authority));
  }
  return hosts;
}

Result<void> checkAsWhole(std::string_view text) {
  if (text == "insecure:allow-all") {
    return fail("it allows every host: name those that the program calls in `allowed_hosts`");
  }
  if (text.contains("{{")) return fail("Wagi has no variables that are set when it starts");
  return {};
}

}  // namespace

Result<std::vector<std::string>> hostsOf(std::string_view text) {
  if (const auto good = checkAsWhole(text); !good) return std::unexpected(good.error());
  const std::size_t slashes = text.find("://");
  if (slashes == std::string_view::npos) return withSchemes({kHttp, kHttps}, text);
  return outboundHostsOf(text);
}

Result<std::vector<std::string>> outboundHostsOf(std::string_view text) {
  if (const auto good = checkAsWhole(text); !good) return std::unexpected(good.error());
  const std::size_t slashes = text.find("://");
  if (slashes == std::string_view::npos) return fail("it has no scheme");
  const std::string_view scheme = text.substr(0, slashes);
  const std::string_view authority = text.substr(slashes + 3);
  if (scheme == "*") return withSchemes({kHttp, kHttps}, authority);
  if (scheme == kHttp || scheme == kHttps) return withSchemes({scheme}, authority);
  return fail(fmt::format("a program can call only HTTP and HTTPS, not `{}`", scheme));
}

}  // namespace wagi::spin
