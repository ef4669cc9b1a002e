// poll_oneoff: waits for stdin, for room in stdout or stderr, for a time, for a special file, or
// whichever comes first. Other files are always ready: a regular one never blocks.
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <variant>

#include "guest/wasi/functions.h"
#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

using std::chrono::nanoseconds;
using TimePoint = std::chrono::steady_clock::time_point;

// How many bytes are said to fit into a file that is written.
constexpr U64 kWritableBytes = 64 << 10;

// A subscription of either snapshot.
struct Subscribed {
  U64 userdata;
  std::uint8_t type;
  U32 id;  // The clock, or the descriptor.
  U64 timeout;
  bool absolute;
};

struct Ready {
  Errno error = Errno::kSuccess;
  U64 nbytes = 0;
  std::uint16_t flags = 0;
};
using State = std::variant<Ready, EventWait, FileWait>;

Subscribed load(const Call& call, std::span<const std::byte> array, U32 index) {
  if (call.abi == Abi::kSnapshot1) {
    Subscription s;
    std::memcpy(&s, array.data() + index * sizeof(s), sizeof(s));
    return {s.userdata, static_cast<std::uint8_t>(s.tag), s.id, s.timeout,
            (s.flags & kSubclockflagsAbstime) != 0};
  }
  Subscription0 s;
  std::memcpy(&s, array.data() + index * sizeof(s), sizeof(s));
  const auto type = static_cast<std::uint8_t>(s.tag);
  return {s.userdata, type, type == kEventtypeClock ? s.clock : s.fd, s.timeout,
          (s.flags & kSubclockflagsAbstime) != 0};
}

// `from` and `ns` later, or as late as there is.
TimePoint later(TimePoint from, U64 ns) {
  const auto room = static_cast<U64>((TimePoint::max() - from).count());
  return ns >= room ? TimePoint::max() : from + nanoseconds(static_cast<I64>(ns));
}

// When a clock's subscription is over. The wall clock may be set while a guest waits, so its
// deadline is reckoned again on each attempt.
std::expected<TimePoint, Errno> deadline(const Call& call, const Subscribed& s,
                                         const Progress::Timestamp& now) {
  if (s.id > static_cast<U32>(ClockId::kThreadCpu)) return std::unexpected(Errno::kInval);
  const bool wall = s.id == static_cast<U32>(ClockId::kRealtime);
  if (!wall && s.id != static_cast<U32>(ClockId::kMonotonic)) {
    return std::unexpected(Errno::kNotsup);  // A suspended guest's CPU time stands still.
  }
  if (!s.absolute) return later(call.progress->began->monotonic, s.timeout);
  if (!wall) return later(TimePoint(), s.timeout);
  const auto wall_now = static_cast<U64>(now.wall.count());
  return s.timeout <= wall_now ? now.monotonic : later(now.monotonic, s.timeout - wall_now);
}

State clockState(const Call& call, const Subscribed& s, const Progress::Timestamp& now) {
  const auto until = deadline(call, s, now);
  if (!until) return Ready{.error = until.error()};
  if (*until <= now.monotonic) return Ready{};
  return EventWait{.until = *until};
}

U64 bytesToRead(const Descriptor& file) {
  struct stat host{};
  const off_t at = ::lseek(file.host(), 0, SEEK_CUR);
  if (at < 0 || ::fstat(file.host(), &host) < 0) return 0;
  return static_cast<U64>(std::max<off_t>(host.st_size - at, 0));
}

// A device or a FIFO, by poll(2): it may come to wait where a read or write of it would block.
State specialState(const Descriptor& file, FileWait::For what) {
  const bool reads = what == FileWait::For::kReading;
  const short events = reads ? POLLIN : POLLOUT;
  pollfd entry{.fd = file.host(), .events = events, .revents = 0};
  if (::poll(&entry, 1, 0) == 0) return FileWait{.fd = file.host(), .what = what};
  if (!reads) return Ready{.nbytes = kWritableBytes};
  int count = 0;
  // A file that counts nothing, as /dev/zero, has at least one byte.
  if (::ioctl(file.host(), FIONREAD, &count) != 0) count = 1;
  const bool ended = count == 0 && (entry.revents & POLLHUP) != 0;
  return Ready{.nbytes = static_cast<U64>(count), .flags = ended ? kEventrwflagsHangup : U16{0}};
}

State writeState(const Call& call, const Descriptor& d) {
  if (d.special()) return specialState(d, FileWait::For::kWriting);
  if (d.kind != Descriptor::Kind::kOutput) return Ready{.nbytes = kWritableBytes};
  if (d.output->writable()) return Ready{.nbytes = Output::kPieceBytes};
  return call.roomIn(*d.output);
}

State descriptorState(const Call& call, const Subscribed& s) {
  const bool reads = s.type == kEventtypeFdRead;
  const auto d =
      call.fds().any(s.id, rights::kPollFdReadwrite | (reads ? rights::kFdRead : rights::kFdWrite));
  if (!d) return Ready{.error = d.error()};
  if (!reads) return writeState(call, **d);
  if ((*d)->special()) return specialState(**d, FileWait::For::kReading);
  if ((*d)->kind == Descriptor::Kind::kFile) return Ready{.nbytes = bytesToRead(**d)};
  const auto available = call.invocation().in.available();
  if (!available) return EventWait{.in = true};
  // Nothing to read although a read wouldn't wait: the end.
  return Ready{.nbytes = *available, .flags = *available == 0 ? kEventrwflagsHangup : U16{0}};
}

void join(EventWait& all, const EventWait& one) {
  all.in |= one.in;
  all.out |= one.out;
  all.err |= one.err;
  if (one.until) all.until = std::min(all.until.value_or(*one.until), *one.until);
}

}  // namespace

Attempt pollOneoff(Call& call, U32 subscriptions_at, U32 events_at, U32 count, U32 size_at) {
  if (count == 0 || count > kSubscriptionsMax) return Errno::kInval;
  const U64 size = call.abi == Abi::kSnapshot1 ? sizeof(Subscription) : sizeof(Subscription0);
  const auto subscriptions = call.memory.readable(subscriptions_at, count * size);
  const auto events = call.memory.writable(events_at, U64{count} * sizeof(Event));
  if (!subscriptions || !events || !call.memory.contains(size_at, sizeof(U32))) {
    return Errno::kFault;
  }
  System& system = call.invocation().system;
  const Progress::Timestamp now{system.monotonicClock(), system.wallClock()};
  if (!call.progress->began) call.progress->began = now;

  U32 ready_count = 0;
  EventWait wait;
  std::vector<FileWait>& files = call.progress->files;
  files.clear();
  for (U32 i = 0; i < count; ++i) {
    const Subscribed s = load(call, *subscriptions, i);
    if (s.type > kEventtypeFdWrite) return Errno::kInval;
    const State state =
        s.type == kEventtypeClock ? clockState(call, s, now) : descriptorState(call, s);
    if (const auto* ready = std::get_if<Ready>(&state)) {
      const Event event{.userdata = s.userdata,
                        .error = static_cast<std::uint16_t>(ready->error),
                        .type = s.type,
                        .pad0 = {},
                        .nbytes = ready->nbytes,
                        .flags = ready->flags,
                        .pad1 = {}};
      std::memcpy(events->data() + ready_count++ * sizeof(Event), &event, sizeof(event));
    } else if (const auto* file = std::get_if<FileWait>(&state)) {
      files.push_back(*file);
    } else {
      join(wait, std::get<EventWait>(state));
    }
  }
  if (ready_count == 0) {
    wait.files = files;
    return std::unexpected(wait);
  }
  return call.memory.store(size_at, ready_count) ? Errno::kSuccess : Errno::kFault;
}

}  // namespace wagi::wasi
