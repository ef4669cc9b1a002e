// Makes the modules that a server serves of a project folder, without making a bindle of it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "config/application.h"
#include "supply/hippo/externals.h"
#include "supply/hippo/hippofacts.h"
#include "supply/store/store.h"

namespace wagi::hippo {

// The application of a project folder. Its modules are in the order of the file. A module of the
// folder is served from its own file; the files that it sees are a read-only tree of the store,
// mounted at "/". The application's files are the HIPPOFACTS, and the files and folders that it
// depends on; a folder is "DIR/.", so that its entries are watched.
//
// `path` is a HIPPOFACTS, or the folder that has one. Files are put into the store, under a name
// for the folder, last used at `now` (seconds since 1970). Exports aren't served. Where the source
// of an external can't be reached, its stored copy is served, with a warning. Externals need the
// signatures that `trust` wants, if any. All mistakes are reported.
[[nodiscard]] std::expected<config::Application, Diagnostics> applicationOf(
    const std::string& path, const store::Store& store, Externals& externals,
    const std::optional<bindle::Trust>& trust, std::int64_t now);

}  // namespace wagi::hippo
