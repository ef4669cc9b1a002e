#include "guest/engine/ticker.h"

#include <poll.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>

namespace wagi::engine {
namespace {

constexpr std::size_t kEnginesMax = Engine::kAllocations;  // One for each.

// State for the signal handlers, which can reach only static storage.
std::array<std::atomic<wasm_engine_t*>, kEnginesMax> ticking_engines;
std::atomic<int> wanted_fd = -1;

int sliceSignal() { return SIGRTMIN; }
int lookSignal() { return SIGRTMIN + 1; }

void onSlice(int) {
  for (const auto& engine : ticking_engines) {
    if (wasm_engine_t* handle = engine.load(std::memory_order_relaxed)) {
      wasmtime_engine_increment_epoch(handle);  // One atomic addition.
    }
  }
}

void onLook(int number) {
  const int before = errno;  // Restored at the end, for the interrupted code.
  pollfd wanted{wanted_fd.load(std::memory_order_relaxed), POLLIN, 0};
  if (::poll(&wanted, 1, 0) > 0) onSlice(number);
  errno = before;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  // The handler runs on the alternate stack, since the guest may be at the end of its own.
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

Result<timer_t> timerOf(clockid_t clock, int number) {
  struct sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = number;
  timer_t timer;
  if (timer_create(clock, &event, &timer) == 0) return timer;
  return fail(std::string("timer_create: ") + std::strerror(errno));
}

void repeat(timer_t timer, std::chrono::nanoseconds period) {
  const timespec interval{period.count() / 1'000'000'000, period.count() % 1'000'000'000};
  const itimerspec times{interval, interval};
  timer_settime(timer, 0, &times, nullptr);
}

}  // namespace

Result<Ticker> Ticker::start(std::span<const Engine* const> engines,
                             std::chrono::milliseconds slice, int wanted) {
  assert(engines.size() <= kEnginesMax);
  for (std::size_t i = 0; i < engines.size(); ++i) ticking_engines[i] = engines[i]->get();
  wanted_fd = wanted;
  handle(sliceSignal(), onSlice);
  handle(lookSignal(), onLook);
  const auto slices = timerOf(CLOCK_PROCESS_CPUTIME_ID, sliceSignal());
  if (!slices) return std::unexpected(slices.error());
  const auto looks = timerOf(CLOCK_MONOTONIC, lookSignal());
  if (!looks) {
    timer_delete(*slices);
    return std::unexpected(looks.error());
  }
  repeat(*slices, slice);
  return Ticker(*slices, *looks);
}

Ticker::Ticker(Ticker&& other) noexcept
    : slices_(other.slices_),
      looks_(other.looks_),
      running_(std::exchange(other.running_, false)) {}

Ticker::~Ticker() {
  if (!running_) return;
  timer_delete(slices_);
  timer_delete(looks_);
  for (auto& engine : ticking_engines) engine = nullptr;
  wanted_fd = -1;
}

Ticker::Watch::Watch(const Ticker& ticker) : ticker_(ticker) {
  repeat(ticker_.looks_, kLookPeriod);
}

Ticker::Watch::~Watch() { repeat(ticker_.looks_, std::chrono::nanoseconds(0)); }

}  // namespace wagi::engine
