// How a WebAssembly binary begins.
#pragma once

#include <string_view>

namespace wagi::oci {

inline constexpr std::string_view kWasmMagic("\0asm", 4);  // Of modules and components.
inline constexpr std::string_view kModuleHeader("\0asm\1\0\0\0", 8);
inline constexpr std::string_view kComponentHeader("\0asm\x0d\0\1\0", 8);

}  // namespace wagi::oci
