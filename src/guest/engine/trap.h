// Describes how a guest failed, for the person who wrote it: what happened, and in which functions.
//
// Wasmtime gives this as one text, in terms of its own, which parseTrap() takes apart. Wasmtime's
// version is pinned, and trap_test.cc has its texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wagi::engine {

// The most that is shown of a function's name, which a module may make as long as it likes.
inline constexpr std::size_t kFunctionNameBytesMax = 200;

struct Trap {
  // The kind of failure; each is another signal for a native program.
  enum class Kind : std::uint8_t {
    kAbort,       // `unreachable`, to which abort() and panics compile, and all other failures.
    kArithmetic,  // Division by zero, overflow.
    kMemory,      // An access outside of memory or a table; the stack's end.
    kBadCall,     // A call by a pointer to a function of another type.
    kAlignment,   // A misaligned atomic access.
  };

  Kind kind = Kind::kAbort;
  std::string reason;               // One line, without a full stop.
  std::vector<std::string> frames;  // The innermost first: "0x1a2 in divide(int, int)".
};

// Takes Wasmtime's text of an error apart. A text of an unknown form becomes the reason as it is.
[[nodiscard]] Trap parseTrap(std::string_view error);

// The reason, and below it an indented, numbered line for each frame. There is no line feed at the
// end, and no control character but the line feeds between lines.
[[nodiscard]] std::string render(const Trap& trap);

}  // namespace wagi::engine
