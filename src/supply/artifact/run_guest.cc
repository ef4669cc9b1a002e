#include "supply/artifact/run_guest.h"

#include <poll.h>
#include <time.h>

#include <algorithm>
#include <vector>

namespace wagi::artifact {
namespace {

using Clock = std::chrono::steady_clock;

// For what `wait` asks for, and no longer than `until`.
void waitFor(const wasi::EventWait& wait, const Descriptors& descriptors,
             std::optional<Clock::time_point> until) {
  // poll(2) ignores negative descriptors.
  std::vector entries{pollfd{wait.in ? descriptors.in : -1, POLLIN, 0},
                      pollfd{wait.out ? descriptors.out : -1, POLLOUT, 0},
                      pollfd{wait.err ? descriptors.err : -1, POLLOUT, 0}};
  for (const wasi::FileWait& file : wait.files) {
    const short events = file.what == wasi::FileWait::For::kReading ? POLLIN : POLLOUT;
    entries.push_back({file.fd, events, 0});
  }
  timespec timeout{};
  if (until) {
    const auto left =
        std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(*until - Clock::now()));
    timeout.tv_sec = left.count() / 1'000'000'000;
    timeout.tv_nsec = left.count() % 1'000'000'000;
  }
  // ppoll(2) may return early, at a signal: the guest then looks for itself and waits again.
  ::ppoll(entries.data(), entries.size(), until ? &timeout : nullptr, nullptr);
}

}  // namespace

wasi::Output::Written Capture::write(std::span<const std::byte> bytes) {
  const std::size_t count = std::min(bytes.size(), bytes_max_ - text_.size());
  text_.append(reinterpret_cast<const char*>(bytes.data()), count);
  if (count == bytes.size()) return {count, Status::kOk};
  overflowed_ = true;
  if (overflow_ == Overflow::kDrop) return {bytes.size(), Status::kOk};
  return {count, Status::kClosed};
}

GuestEnd runGuest(engine::Instance& instance, const RunOptions& options) {
  for (;;) {
    const engine::Stop stop = instance.resume();
    if (engine::is<engine::Ended>(stop)) return GuestEnd::kEnded;
    if (options.deadline && Clock::now() >= *options.deadline) return GuestEnd::kDeadline;
    if (options.out != nullptr && options.out->overflowed()) return GuestEnd::kOverflow;
    const auto* const wait = std::get_if<wasi::EventWait>(&stop);
    if (wait == nullptr) continue;
    auto until = wait->until;
    if (options.deadline) until = until ? std::min(*until, *options.deadline) : *options.deadline;
    waitFor(*wait, options.descriptors, until);
  }
}

}  // namespace wagi::artifact
