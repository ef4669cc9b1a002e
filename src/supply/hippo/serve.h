// A project folder as it is: what a server serves of it, without a bindle being made.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "config/application.h"
#include "supply/hippo/externals.h"
#include "supply/hippo/facts.h"
#include "supply/store/store.h"

namespace wagi::hippo {

// Modules are in the order of the file. A local module is its own file; the files that it sees are
// a read-only folder of the store, at "/". The application's files are the HIPPOFACTS, and files
// and folders that it depends on; a folder as "DIR/.", so that what is watched there is what is in
// it.
//
// `path`: a HIPPOFACTS, or the folder that has one. Files are put into the store, under a name of
// the folder's own, used at `now` (seconds since 1970). Exports aren't served. Where an external's
// server can't be reached, what it gave the last time is served, with a warning. Externals need the
// signatures that `trust` wants, if any. All mistakes are reported.
[[nodiscard]] std::expected<config::Application, Diagnostics> applicationOf(
    const std::string& path, const store::Store& store, Externals& externals,
    const std::optional<bindle::Trust>& trust, std::int64_t now);

}  // namespace wagi::hippo
