#include "guest/engine/trap.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/printable.h"
#include "base/text.h"

namespace wagi::engine {
namespace {

using Kind = Trap::Kind;

constexpr std::string_view kHasFrames = "error while executing at wasm backtrace:";
constexpr std::string_view kCause = "\n\nCaused by:\n";
constexpr std::string_view kTrapMark = "wasm trap: ";
constexpr std::string_view kFaultMark = "memory fault at wasm address ";
constexpr std::string_view kFaultSize = " in linear memory of size ";

struct Known {
  std::string_view theirs;
  Kind kind;
  std::string_view ours;
};
constexpr Known kKnown[] = {
    {"wasm `unreachable` instruction executed", Kind::kAbort,
     "unreachable code was reached, as by abort() or a panic"},
    {"integer divide by zero", Kind::kArithmetic, "integer divide by zero"},
    {"integer overflow", Kind::kArithmetic, "integer overflow"},
    {"invalid conversion to integer", Kind::kArithmetic,
     "conversion to an integer of a number that is none"},
    {"call stack exhausted", Kind::kMemory, "stack overflow"},
    {"out of bounds memory access", Kind::kMemory, "memory access out of bounds"},
    {"undefined element: out of bounds table access", Kind::kMemory,
     "a table has no such element, as for a call through a pointer to no function"},
    {"uninitialized element", Kind::kMemory, "call through a null function pointer"},
    {"null reference", Kind::kMemory, "null reference"},
    {"out of bounds array access", Kind::kMemory, "array access out of bounds"},
    {"indirect call type mismatch", Kind::kBadCall,
     "call through a pointer to a function of another type"},
    {"cast failure", Kind::kBadCall, "cast to a type that it hasn't"},
    {"unaligned atomic", Kind::kAlignment, "atomic access to an unaligned address"},
};

// The text behind `mark` up to the end of the line; "" where `mark` is missing.
std::string_view behind(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + mark.size());
  return text.substr(0, text.find('\n'));
}

// Describes where an access went out of bounds, from "0x10000 in linear memory of size 0x10000".
std::string whereOf(std::string_view fault) {
  const std::size_t cut = fault.find(kFaultSize);
  if (cut == std::string_view::npos) return {};
  return fmt::format(", at {} of {} bytes", fault.substr(0, cut),
                     fault.substr(cut + kFaultSize.size()));
}

void readReason(std::string_view cause, Trap& trap) {
  const std::string_view told = behind(cause, kTrapMark);
  for (const Known& known : kKnown) {
    if (told != known.theirs) continue;
    trap.kind = known.kind;
    trap.reason = std::string(known.ours) + whereOf(behind(cause, kFaultMark));
    return;
  }
  const std::string_view other = told.empty() ? trimLeft(cause, " ") : told;
  trap.reason = printable(other.substr(0, other.find('\n')));
}

bool isHex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// A function's name without the hash by which Rust's compiler tells functions of one name apart:
// "::h" and 16 digits at the end, or, in a newer form, "app[4cea6422a110c80d]::main".
std::string withoutHash(std::string_view name) {
  constexpr std::string_view kMark = "::h";
  constexpr std::size_t kDigits = 16;
  constexpr std::size_t kDigitsMin = 9;  // Fewer may be a type, such as "[f64]".
  const std::size_t at = name.rfind(kMark);
  if (at != std::string_view::npos && name.size() - at == kMark.size() + kDigits &&
      isHex(name.substr(at + kMark.size()))) {
    name = name.substr(0, at);
  }
  std::string text;
  while (!name.empty()) {
    const std::size_t open = name.find('[');
    const std::size_t close = name.find(']', open);
    if (close == std::string_view::npos) break;
    const std::string_view within = name.substr(open + 1, close - open - 1);
    const bool hash = within.size() >= kDigitsMin && within.size() <= kDigits && isHex(within);
    text += name.substr(0, hash ? open : close + 1);
    name.remove_prefix(close + 1);
  }
  return text.append(name);
}

// The name of a function for a person; Wasmtime writes "<wasm function 7>" where it has none.
std::string nameOf(std::string_view name) {
  constexpr std::string_view kUnnamed = "<wasm function ";
  if (name.starts_with(kUnnamed) && name.ends_with('>')) {
    name.remove_prefix(kUnnamed.size());
    return fmt::format("function {}", printable(name.substr(0, name.size() - 1)));
  }
  return printable(withoutHash(name), kFunctionNameBytesMax);
}

// Adds the frame of a line "    0:   0x1a2 - hello.wasm!divide(int, int)", where a module without a
// name is "<unknown>". Lines of another form are notes, and are left out.
void readFrame(std::string_view line, std::vector<std::string>& frames) {
  constexpr std::string_view kNumberEnd = ": ";
  constexpr std::string_view kOffsetEnd = " - ";
  line = trimLeft(line, " ");
  const std::size_t number = line.find_first_not_of("0123456789");
  if (number == 0 || number == std::string_view::npos ||
      !line.substr(number).starts_with(kNumberEnd)) {
    return;
  }
  line = trimLeft(line.substr(number + kNumberEnd.size()), " ");
  const std::size_t offset = line.find(kOffsetEnd);
  const std::size_t module = line.find('!');
  if (offset == std::string_view::npos || module == std::string_view::npos || module < offset) {
    return;
  }
  frames.push_back(
      fmt::format("{} in {}", printable(line.substr(0, offset)), nameOf(line.substr(module + 1))));
}

}  // namespace

Trap parseTrap(std::string_view error) {
  Trap trap;
  // Searched from the end, since the text before has names that the guest chose.
  const std::size_t cause = error.rfind(kCause);
  if (!error.starts_with(kHasFrames) || cause == std::string_view::npos) {
    readReason(error, trap);
    return trap;
  }
  readReason(error.substr(cause + kCause.size()), trap);
  for (const auto line : error.substr(0, cause) | std::views::split('\n')) {
    readFrame(std::string_view(line), trap.frames);
  }
  return trap;
}

std::string render(const Trap& trap) {
  std::string text = trap.reason;
  for (std::size_t i = 0; i < trap.frames.size(); ++i) {
    text += fmt::format("\n  #{:<2} {}", i, trap.frames[i]);
  }
  return text;
}

}  // namespace wagi::engine
