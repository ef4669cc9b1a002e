// The flags of the commands that speak to registries.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "supply/oci/access.h"
#include "supply/oci/reference.h"
#include "supply/store/store.h"

namespace wagi::cli {

// Borrowed by the app that it was added to until that has parsed.
class RegistryFlags {
 public:
  void addTo(CLI::App& app);
  // `reference` is the one that --plain-http is about.
  [[nodiscard]] Result<oci::Access> access(const oci::Reference& reference) const;

 private:
  std::optional<std::string> config_, ca_file_;
  bool plain_http_ = false;
};

// --store, of these commands and of `wagi cache`; where it isn't given, `directory` stays empty.
void addStore(CLI::App& app, std::string& directory);

// A key's file.
[[nodiscard]] Result<std::string> readPem(const std::string& path);

// On stderr as this command's, fit for a terminal; kExitFailed.
[[nodiscard]] int failed(const CLI::App& app, const Error& error);

}  // namespace wagi::cli
