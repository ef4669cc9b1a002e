// The flags that the commands share which speak to registries.
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

// The app that the flags were added to borrows them until it has parsed.
class RegistryFlags {
 public:
  void addTo(CLI::App& app);
  // The settings to reach registries with; --plain-http concerns that of `reference`.
  [[nodiscard]] Result<oci::Access> access(const oci::Reference& reference) const;

 private:
  std::optional<std::string> config_, ca_file_;
  bool plain_http_ = false;
};

// Reads the file of a key.
[[nodiscard]] Result<std::string> readPem(const std::string& path);

// Prints the error of the command `app` to stderr; returns kExitFailed.
[[nodiscard]] int failed(const CLI::App& app, const Error& error);

}  // namespace wagi::cli
