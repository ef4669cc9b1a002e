#include "routing/hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/host_name.h"
#include "base/ip_address.h"
#include "base/text.h"

namespace wagi::routing {
namespace {

constexpr std::size_t kHostBytesMax = 255;  // RFC 1035 2.3.4
constexpr std::string_view kBelow = "*.";

bool isIpv6InBrackets(std::string_view text) {
  if (!text.starts_with('[') || !text.ends_with(']')) return false;
  const auto address = IpAddress::parse(text.substr(1, text.size() - 2));
  return address && address->v6;
}

}  // namespace

Result<std::string> parseHostPattern(std::string_view text) {
  if (text == kAnyHost) return std::string(text);
  if (text.size() > kHostBytesMax) {
    return fail(fmt::format("it is longer than {} bytes", kHostBytesMax));
  }
  const bool below = text.starts_with(kBelow);
  const std::string_view name = below ? text.substr(kBelow.size()) : text;
  if (name.contains('*')) {
    return fail("a \"*\" stands for whole parts at the begin, as in \"*.example.com\"");
  }
  if (!isIpv6InBrackets(name)) {
    if (const auto good = checkHostName(name); !good) return std::unexpected(good.error());
    if (below && IpAddress::parse(name)) return fail("an address has nothing below it");
  } else if (below) {
    return fail("an address has nothing below it");
  }
  return lowered(text);
}

bool HostTable::add(std::string_view pattern, std::size_t site) {
  if (pattern == kAnyHost) {
    if (any_) return false;
    any_ = site;
    return true;
  }
  if (pattern.starts_with(kBelow)) return below_.emplace(pattern.substr(1), site).second;
  return exact_.emplace(pattern, site).second;
}

std::optional<std::size_t> HostTable::find(std::string_view host) const {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > kHostBytesMax) return any_;
  std::array<char, kHostBytesMax> bytes;
  std::ranges::transform(host, bytes.begin(), lower);
  const std::string_view name(bytes.data(), host.size());
  if (const auto found = exact_.find(name); found != exact_.end()) return found->second;
  if (below_.empty()) return any_;
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const auto found = below_.find(name.substr(dot));
    if (found != below_.end() && dot > 0) return found->second;
  }
  return any_;
}

}  // namespace wagi::routing
