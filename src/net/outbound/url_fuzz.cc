// Fuzzes the readers of a guest's URL and of an allowed_hosts entry. An accepted text must read
// back as the same when it is written again, and an entry made of a URL's origin must allow the
// URL. A URL that net/fetch accepts must have the same host here.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "net/fetch/url.h"
#include "net/outbound/address.h"
#include "net/outbound/allowed_hosts.h"
#include "net/outbound/limits.h"

using namespace wagi::outbound;
using wagi::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto entry = parseAllowedHost(text)) {
    require(entry->names == AllowedHost::Names::kAll || !entry->host.name.empty());
    require(entry->host.address.has_value() == (entry->scope == AllowedHost::AddressScope::kExact));
  }
  const auto url = parseUrl(text);
  if (const auto fetched = wagi::fetch::Url::parse(text); fetched && text.size() <= kUrlBytesMax) {
    const wagi::fetch::Origin& origin = fetched->origin();
    std::string authority = origin.authority();
    if (const std::size_t dot = origin.host.size() - 1; authority[dot] == '.')
      authority.erase(dot, 1);
    const auto same = parseHostAndPort(authority);
    require(url && same && same->host == url->origin.host);
    require(textOf(url->origin.scheme) == origin.scheme);
    require(std::to_string(url->origin.port) == origin.port);
  }
  if (!url) return 0;
  require(url->target.starts_with('/'));
  for (const char c : url->target) require(c > 0x20 && c < 0x7f && c != '\\' && c != '#');
  const std::string origin =
      std::string(textOf(url->origin.scheme)) + "://" + url->origin.authority();
  const auto again = parseUrl(origin + url->target);
  require(again && again->origin == url->origin && again->target == url->target);
  const auto own = parseAllowedHost(origin);
  if (!own) {  // No entry can be made for an address that no server has.
    require(url->origin.host.address && kindOf(*url->origin.host.address) == AddressKind::kNever);
    return 0;
  }
  require(findAllowed({&*own, 1}, url->origin) != nullptr);
  return 0;
}
