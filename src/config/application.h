// The application that a source gives to be served, as values: a modules.toml, a bindle and a
// project folder alike.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "config/config.h"

namespace wagi::config {

struct Application {
  // The first has no hosts: it answers for those that no other has.
  std::vector<Site> sites = std::vector<Site>(1);
  std::vector<Module> modules;       // In the order in which their routes are tried.
  std::vector<std::string> files;    // Whose change means another application.
  std::vector<Diagnostic> warnings;  // Made by the source, each with its place.
  bool operator==(const Application&) const = default;
};

// Holds an application that parse() hasn't read, such as another process's, to all that parse()
// demands of a [[module]]. What has no effect is added to its warnings, and a number that is too
// large, with a warning, becomes the largest. All mistakes are reported, each at its module's
// place.
[[nodiscard]] std::expected<void, std::vector<Diagnostic>> check(Application& application);

}  // namespace wagi::config
