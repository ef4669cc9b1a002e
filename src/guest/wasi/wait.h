// Why a host function has its guest suspended: one value, made by the call that can't go on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

namespace wagi::wasi {

// A special file that a guest waits for.
struct FileWait {
  enum class For : std::uint8_t { kReading, kWriting };
  int fd = -1;  // The host's.
  For what = For::kReading;
};

// The guest waits for whichever of these comes first. At least one is set.
struct EventWait {
  bool in = false;   // Bytes on stdin, or its end.
  bool out = false;  // Room in stdout.
  bool err = false;  // Room in stderr.
  std::optional<std::chrono::steady_clock::time_point> until{};
  // Only a guest that may open special files waits for them (SpecialFiles). Valid until the guest
  // is resumed or destroyed.
  std::span<const FileWait> files{};
};

// The guest waits for its HTTP client.
struct AnswerWait {};

// The guest asked that others run first (sched_yield).
struct Yielded {};

// The guest is between two pieces of a long call, so that others may run.
struct BetweenPieces {};

// An output can't use what the guest printed, so nothing that the guest does from here on counts.
struct OutputFailed {};

// Resuming the guest before a wait is over is harmless: it waits on.
using Suspension = std::variant<EventWait, AnswerWait, Yielded, BetweenPieces, OutputFailed>;

}  // namespace wagi::wasi
