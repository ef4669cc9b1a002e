// How a guest failed, in words for whoever wrote it: what happened, and the functions it was in.
//
// Wasmtime tells it as one text, in terms of its own. This takes that text apart; its version is
// pinned, and trap_test.cc holds what it says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wagi::engine {

// Of one frame, the function's name, which a module may make as long as it likes.
inline constexpr std::size_t kFunctionNameBytesMax = 200;

struct Trap {
  // What a native program would have met at this place; each is one signal there.
  enum class Kind : std::uint8_t {
    kAbort,       // An `unreachable`, which abort() and panics compile to, and all else.
    kArithmetic,  // Division by zero, overflow.
    kMemory,      // Memory or a table's element that isn't there; the stack's end.
    kBadCall,     // A pointer to a function of another type.
    kAlignment,   // Of an atomic access.
  };

  Kind kind = Kind::kAbort;
  std::string reason;               // One line, without a full stop.
  std::vector<std::string> frames;  // The innermost first: "0x1a2 in divide(int, int)".
};

// Of any text: what it doesn't know is a reason as it stands.
[[nodiscard]] Trap parseTrap(std::string_view error);

// The reason and below it a numbered line a frame, indented. No line feed at the end, and no
// control character but those that part the lines.
[[nodiscard]] std::string render(const Trap& trap);

}  // namespace wagi::engine
