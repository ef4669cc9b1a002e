#include <algorithm>
#include <chrono>

#include "guest/wasi/functions.h"
#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

// The resolution of every clock, which is that of the kernel's timers.
constexpr U64 kResolutionNs = 1;

std::optional<std::chrono::nanoseconds> read(System& system, U32 clock) {
  switch (static_cast<ClockId>(clock)) {
    case ClockId::kRealtime:
      return system.wallClock();
    case ClockId::kMonotonic:
      return system.monotonicClock().time_since_epoch();
    case ClockId::kProcessCpu:
    case ClockId::kThreadCpu:
      return system.cpuClock();
  }
  return std::nullopt;
}

}  // namespace

Errno clockResGet(Call& call, U32 clock, U32 resolution_at) {
  if (clock > static_cast<U32>(ClockId::kThreadCpu)) return Errno::kInval;
  return call.memory.store(resolution_at, kResolutionNs) ? Errno::kSuccess : Errno::kFault;
}

Errno clockTimeGet(Call& call, U32 clock, U64 /*precision*/, U32 time_at) {
  const auto now = read(call.invocation().system, clock);
  if (!now) return Errno::kInval;
  const auto ns = static_cast<U64>(now->count());
  return call.memory.store(time_at, ns) ? Errno::kSuccess : Errno::kFault;
}

Attempt randomGet(Call& call, U32 at, U32 length) {
  if (!call.memory.contains(at, length)) return Errno::kFault;
  if (length > kRandomBytesMax) return Errno::kInval;
  std::uint64_t& done = call.progress->done;
  const auto piece = std::min<std::uint64_t>(kRandomPieceBytes, length - done);
  call.invocation().system.random(*call.memory.writable(at + static_cast<U32>(done), piece));
  done += piece;
  if (done < length) return std::unexpected(BetweenPieces{});
  return Errno::kSuccess;
}

}  // namespace wagi::wasi
