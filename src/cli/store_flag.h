// The flag --store, which says where commands keep what they fetch.
#pragma once

#include <string>

#include "cli/command.h"

namespace wagi::cli {

inline constexpr const char* kStoreNames = "--store";
// The names that commands of `wagi bindle` give the flag: --module-cache is that of `wagi serve`.
inline constexpr const char* kBindleStoreNames = "--store,--module-cache";

// Adds the flag by its `names`. `directory` stays "" where it isn't given; the app borrows it until
// it has parsed.
void addStoreFlag(CLI::App& app, std::string& directory, const char* names = kStoreNames);

}  // namespace wagi::cli
