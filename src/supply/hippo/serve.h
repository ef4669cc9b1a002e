// A project folder as it is: what a server serves of it, without a bindle being made.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "supply/hippo/externals.h"
#include "supply/hippo/facts.h"
#include "supply/store/store.h"

namespace wagi::hippo {

struct Project {
  // In the order of the file. A local module is its own file; the files that it sees are a
  // read-only folder of the store, at "/".
  std::vector<config::Module> modules;
  // The HIPPOFACTS, and files and folders that it depends on; a folder as "DIR/.", so that what is
  // watched there is what is in it.
  std::vector<std::string> watched;
  Diagnostics warnings;
};

// `path`: a HIPPOFACTS, or the folder that has one. Files are put into the store, under a name of
// the folder's own, used at `now` (seconds since 1970). Exports aren't served. Where an external's
// server can't be reached, what it gave the last time is served, with a warning. Externals need the
// signatures that `trust` wants, if any. All mistakes are reported.
[[nodiscard]] std::expected<Project, Diagnostics> modulesOf(
    const std::string& path, const store::Store& store, Externals& externals,
    const std::optional<bindle::Trust>& trust, std::int64_t now);

}  // namespace wagi::hippo
