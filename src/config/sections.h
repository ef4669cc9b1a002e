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

// One [[listen]].
[[nodiscard]] Listen readListen(const toml::table& table, Mistakes& mistakes);

// All [[site]]s and [[module]]s of a file, into `config`, whose [server] is read already.
// `warnings` gets what isn't wrong but has no effect.
void readSites(const toml::table& root, Config& config, Mistakes& mistakes, Mistakes& warnings);

// Where a [[module]] stands.
enum class ModuleTable {
  kTop,   // [[module]], which may have a `host`.
  kSite,  // [[site.module]]
};

// One module; what it doesn't say of limits comes from `defaults`. `host` gets the value of its
// key, if there is one.
[[nodiscard]] Module readModule(const toml::table& table, ModuleTable where, const Limits& defaults,
                                std::optional<std::string>& host, Mistakes& mistakes,
                                Mistakes& warnings);

// `tls_cert` and `tls_key`, which are there together or not at all.
[[nodiscard]] std::optional<Certificate> readCertificate(TableReader& reader,
                                                         const Mistakes& mistakes);

// The keys that both have.
[[nodiscard]] LimitSettings readLimits(TableReader& reader);

}  // namespace wagi::config
