// Parses a spin.toml, in either version of its format, as far as it concerns programs that the
// `wagi` executor runs.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "supply/spin/fields.h"
#include "supply/spin/report.h"

namespace wagi::spin {

// An item of `files`.
struct Mount {
  std::string source;       // A pattern, or the path of a file or folder.
  std::string destination;  // The guest's path; "": the file's own path below "/".
  config::Place place;
};

struct Component {
  std::string id;
  std::string source;  // The module's path, relative to the spin.toml unless it begins with '/'.
  std::vector<Mount> files;
  std::vector<Fields::Text> excluded;  // Patterns of files that `files` doesn't include.
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<Fields::Text> hosts;           // `allowed_http_hosts`
  std::vector<Fields::Text> outbound_hosts;  // `allowed_outbound_hosts`
  config::Place place;
};

struct Trigger {
  std::string route;  // The application's base path included.
  std::string component;
  std::string entrypoint;
  std::string argv;
  config::Place place;  // The route's.
};

struct Manifest {
  std::string name, version;
  std::vector<Trigger> triggers;                // In the order of the file.
  std::map<std::string, Component> components;  // The components that triggers name.
};

// Parses a whole spin.toml. The result has what the `wagi` executor runs; the rest is in the
// report's `left_out`. nullopt means that the report has mistakes.
[[nodiscard]] std::optional<Manifest> parse(std::string_view text, Report& report);

}  // namespace wagi::spin
