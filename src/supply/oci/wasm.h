// The first bytes of WebAssembly binaries, by which modules and components are told apart.
#pragma once

#include <string_view>

namespace wagi::oci {

inline constexpr std::string_view kWasmMagic("\0asm", 4);  // Modules and components begin with it.
inline constexpr std::string_view kModuleHeader("\0asm\1\0\0\0", 8);
inline constexpr std::string_view kComponentHeader("\0asm\x0d\0\1\0", 8);

}  // namespace wagi::oci
