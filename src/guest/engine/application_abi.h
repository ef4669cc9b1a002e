// Names of the functions of WASI's application ABI (legacy/application-abi.md of its repository).
#pragma once

#include <string_view>

namespace wagi::engine {

// A command's function, which runs the program.
inline constexpr std::string_view kStartFunction = "_start";
// A reactor's function, which is called first in an instance; every module that isn't a command is
// a reactor.
inline constexpr std::string_view kInitializeFunction = "_initialize";

}  // namespace wagi::engine
