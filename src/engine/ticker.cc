#include "engine/ticker.h"

#include <signal.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <string>

namespace wagi::engine {
namespace {

constexpr std::size_t kEnginesMax = 2;  // The pool's and the on-demand one.

// A signal handler reaches nothing but static storage.
std::array<std::atomic<wasm_engine_t*>, kEnginesMax> ticking_engines;

int tickSignal() { return SIGRTMIN; }

void onTick(int) {
  for (const auto& engine : ticking_engines) {
    if (wasm_engine_t* handle = engine.load(std::memory_order_relaxed)) {
      wasmtime_engine_increment_epoch(handle);  // One atomic addition.
    }
  }
}

}  // namespace

Result<Ticker> Ticker::start(std::span<const Engine* const> engines,
                             std::chrono::milliseconds slice) {
  assert(engines.size() <= kEnginesMax);
  for (std::size_t i = 0; i < engines.size(); ++i) ticking_engines[i] = engines[i]->get();

  struct sigaction action{};
  action.sa_handler = onTick;
  // On the alternate stack: the interrupted guest may be at the end of its own.
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  sigaction(tickSignal(), &action, nullptr);

  struct sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = tickSignal();
  timer_t timer;
  if (timer_create(CLOCK_PROCESS_CPUTIME_ID, &event, &timer) != 0) {
    return fail(std::string("timer_create: ") + std::strerror(errno));
  }
  const timespec interval{slice.count() / 1000, (slice.count() % 1000) * 1'000'000};
  const itimerspec times{interval, interval};
  timer_settime(timer, 0, &times, nullptr);
  return Ticker(timer);
}

Ticker::Ticker(Ticker&& other) noexcept
    : timer_(other.timer_), running_(std::exchange(other.running_, false)) {}

Ticker::~Ticker() {
  if (!running_) return;
  timer_delete(timer_);
  for (auto& engine : ticking_engines) engine = nullptr;
}

}  // namespace wagi::engine
