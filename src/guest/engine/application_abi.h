// Names of the functions of WASI's application ABI (legacy/application-abi.md of its repository).
#pragma once

#include <string_view>

namespace wagi::engine {

// Calling it runs a command.
inline constexpr std::string_view kStartFunction = "_start";
// It is called first in an instance of a reactor, which every module is that isn't a command.
inline constexpr std::string_view kInitializeFunction = "_initialize";

}  // namespace wagi::engine
