#include <fmt/format.h>

#include <array>

#include "config/sections.h"
#include "net/fetch/url.h"

namespace wagi::config {
namespace {

constexpr std::string_view kName = "[registries]";
constexpr std::string_view kPlainHttp = "plain_http";
constexpr auto kKeys = std::to_array<std::string_view>({kPlainHttp, "ca_file", "silence_ms_max"});

}  // namespace

Registries readRegistries(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, kName, kKeys, mistakes);
  Registries registries;
  for (std::string& registry : reader.strings(kPlainHttp)) {
    if (const auto good = fetch::originAt("http", registry); !good) {
      reader.mistake(kPlainHttp,
                     fmt::format("`{}`: \"{}\" is no registry, such as registry.lan:5000: {}",
                                 kPlainHttp, registry, good.error().message));
      continue;
    }
    registries.plain_http.push_back(std::move(registry));
  }
  registries.ca_file = reader.nonEmpty("ca_file");
  registries.silence_ms_max = reader.number("silence_ms_max", {1, kMillisecondsMax});
  return registries;
}

}  // namespace wagi::config
