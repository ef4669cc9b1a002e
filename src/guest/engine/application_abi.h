// The functions that WASI's application ABI names (legacy/application-abi.md of its repository).
#pragma once

#include <string_view>

namespace wagi::engine {

// A command is run by this one.
inline constexpr std::string_view kStartFunction = "_start";
// In an instance of a reactor, which is what every other module is, this one is called first.
inline constexpr std::string_view kInitializeFunction = "_initialize";

}  // namespace wagi::engine
