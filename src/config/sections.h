// The kinds of table in a modules.toml.
#pragma once

#include <optional>

#include "config/config.h"
#include "config/toml_reader.h"

namespace wagi::config {

// The table [server].
[[nodiscard]] ServerSettings readServer(const toml::table& table, Mistakes& mistakes);

// The tables [registries] and [trust].
[[nodiscard]] Registries readRegistries(const toml::table& table, Mistakes& mistakes);
[[nodiscard]] Trust readTrust(const toml::table& table, Mistakes& mistakes);

// One [[module]]; what it doesn't say of limits comes from `defaults`. `warnings` gets what isn't
// wrong but has no effect.
[[nodiscard]] Module readModule(const toml::table& table, const Limits& defaults,
                                Mistakes& mistakes, Mistakes& warnings);

// The keys that both have.
[[nodiscard]] LimitSettings readLimits(TableReader& reader);

}  // namespace wagi::config
