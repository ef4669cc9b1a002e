#include "server/worker/guest_run.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/printable.h"
#include "guest/engine/ticker.h"
#include "guest/gateway/arguments.h"
#include "server/worker/answers.h"

namespace wagi::worker {
namespace {

using engine::Ended;
using engine::is;
using engine::Outcome;
using http::Wake;
using std::chrono::milliseconds;

std::chrono::nanoseconds threadCpuTime() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::string describeEnd(const Outcome& outcome) {
  switch (outcome.kind) {
    case Outcome::Kind::kExited:
      return fmt::format("exited with {}", outcome.exit_code);
    case Outcome::Kind::kTrapped:
      return "trapped: " + outcome.message;
    case Outcome::Kind::kOutOfMemory:
      return outcome.message.empty()
                 ? fmt::format("ran out of memory and exited with {}", outcome.exit_code)
                 : "ran out of memory: " + outcome.message;
    case Outcome::Kind::kNoEntryPoint:
      return "has no such entry point";
    case Outcome::Kind::kNoStart:
      return "couldn't be started: " + outcome.message;
  }
  std::unreachable();
}

// Follows the name of the entry point.
std::string describe(const Outcome& outcome) {
  return (outcome.in_initialize ? "wasn't called: _initialize " : "") + describeEnd(outcome);
}

// How much of a request's path and method a line of the log shows.
constexpr std::size_t kLoggedPathBytesMax = 200;
constexpr std::size_t kLoggedMethodBytesMax = 40;

}  // namespace

GuestRun::GuestRun(http::Exchange& exchange, LoadedRoute& route, WorkerContext& worker,
                   std::optional<Admission> admission)
    : exchange_(exchange),
      route_(route),
      worker_(worker),
      admission_(std::move(admission)),
      started_(http::Clock::now()),
      buffers_(worker),
      in_(exchange, spool_),
      out_(exchange, buffers_->parser),
      err_(route.log),
      http_(exchange, route, worker) {}

GuestRun::~GuestRun() {
  if (!instance_) return;
  if (!computed_) route_.computing.add(false);
  if (!long_turn_) route_.long_computing.add(false);
}

bool GuestRun::takesBodyFirst(const http::Exchange& exchange, const LoadedRoute& route) {
  return exchange.head().chunked || (!route.exclusive().empty() && !exchange.bodyComplete());
}

bool GuestRun::start() {
  const std::uint64_t wall_ms_max = route_.plan.limits.wall_ms_max;
  if (wall_ms_max != 0) exchange_.setDeadline(started_ + milliseconds(wall_ms_max));
  if (!admission_ || route_.computing.often()) return false;
  if (!route_.exclusive().empty()) {
    // Who comes now goes behind those who wait; an error is told where one can wait.
    const auto locked = route_.line.empty() ? lockVolumes() : Result<bool>(false);
    if (!locked || !*locked) return false;
  }
  instantiate(exchange_.head().content_length.value_or(0));
  return step();
}

void GuestRun::instantiate(std::uint64_t body_bytes) {
  const RequestHead& head = exchange_.head();
  gateway::buildArguments(route_.plan.argv, head, buffers_->arguments);
  route_.environment.build(head, route_.pattern.remainder(head.path), body_bytes,
                           buffers_->environment);
  const wasi::Invocation invocation{buffers_->arguments, buffers_->environment, in_,   out_, err_,
                                    route_.preopens(),   wasi::realSystem(),    &http_};
  instance_.emplace(route_.module, route_.entrypoint, invocation,
                    route_.plan.limits.memory_bytes_max);
}

engine::Stop GuestRun::resume() {
  const SharedCounters::OnCore on_core(worker_.counters, worker_.worker_index,
                                       route_.plan.module_index);
  return instance_->resume();
}

// Timed by the monotonic clock, which costs a tenth of the thread's CPU clock: most guests end
// here.
engine::Stop GuestRun::resumeFirst() {
  const auto before = waited_ ? http::Clock::now() : started_;
  const engine::Stop stop = resume();
  if (is<Ended>(stop)) return stop;
  // Others may have had the core meanwhile, but a slice is the most that the guest had of it.
  used_ = std::min<std::chrono::nanoseconds>(http::Clock::now() - before, kTimeSlice);
  // The tick that ended this slice may have come right after its begin: more lets a short guest
  // end, its answer leave whole, and tells it from one that computes.
  return is<engine::Interrupted>(stop) ? resumeAgain() : stop;
}

engine::Stop GuestRun::resumeAgain() {
  std::optional<engine::Ticker::Watch> watch;
  const bool watched = long_turn_ || route_.long_computing.often();
  if (watched && worker_.ticker != nullptr) watch.emplace(*worker_.ticker);
  const auto before = threadCpuTime();
  const engine::Stop stop = resume();
  const auto used = threadCpuTime() - before;
  used_ += used;
  if (turn_) *turn_ += used;
  since_rest_ += used;
  if (computes() && !std::exchange(computed_, true)) route_.computing.add(true);
  if (used_ > kLongTurn && !std::exchange(long_turn_, true)) route_.long_computing.add(true);
  return stop;
}

bool GuestRun::step() {
  stop_ = std::exchange(resumed_, true) ? resumeAgain() : resumeFirst();
  // A call of a few pieces is no reason to let others run, nor to send what was printed so far.
  while (is<wasi::BetweenPieces>(stop_) && !computes()) stop_ = resumeAgain();
  if (is<Ended>(stop_)) {
    finish();
    return true;
  }
  if (is<wasi::OutputFailed>(stop_)) {
    refuse(buffers_->parser.failure().status, buffers_->parser.failure().message,
           buffers_->parser.failure().message);
    return true;
  }
  const std::uint64_t cpu_ms_max = route_.plan.limits.cpu_ms_max;
  if (cpu_ms_max != 0 && used_ > milliseconds(cpu_ms_max)) {
    refuse(504, "",
           fmt::format("used its {} ms of CPU time (cpu_ms_max){}", cpu_ms_max, whereItIs()));
    return true;
  }
  return false;
}

boost::asio::awaitable<void> GuestRun::run() {
  if (!instance_) {
    const bool prepared = co_await prepare();
    if (!prepared) co_return;
    waited_ = true;
    instantiate(spool_ ? spool_->size() : exchange_.head().content_length.value_or(0));
    if (step()) co_return;
  }
  do {
    const Wake wake = co_await waitForGuest();
    if (wake != Wake::kReady) {
      endBy(wake);
      co_return;
    }
  } while (!step());
}

boost::asio::awaitable<Wake> GuestRun::waitForGuest() {
  if (is<wasi::EventWait>(stop_) || is<wasi::AnswerWait>(stop_)) {
    const auto before = http::Clock::now();
    turn_.reset();
    const Wake wake = co_await waitForEvent();
    since_rest_ -= std::min(since_rest_, (http::Clock::now() - before) / kRestDivisor);
    if (wake != Wake::kReady || !computes()) co_return wake;
  }
  co_return co_await yield();
}

// Not a coroutine itself: one frame less for each wait.
boost::asio::awaitable<Wake> GuestRun::yield() {
  using Turn = http::Exchange::Turn;
  if (turn_ && *turn_ < kTurnMax) return exchange_.yield(Turn::kNext);
  turn_.emplace(0);
  return exchange_.yield(Turn::kLast);
}

// Not a coroutine itself: one frame less for each wait.
boost::asio::awaitable<Wake> GuestRun::waitForEvent() {
  const auto* const wait = std::get_if<wasi::EventWait>(&stop_);
  if (wait == nullptr) return exchange_.waitNotified();
  if (wait->out) return exchange_.waitDrained();
  if (!wait->until) return exchange_.waitBody();
  const auto or_body = wait->in ? http::Exchange::OrBody::kYes : http::Exchange::OrBody::kNo;
  return exchange_.waitUntil(*wait->until, or_body);
}

boost::asio::awaitable<bool> GuestRun::prepare() {
  if (!admission_) {
    const bool complete = co_await spoolBody();
    if (!complete) co_return false;
    auto admission = Admission::acquire(worker_, route_.plan);
    if (!admission) {
      answerError(exchange_, 503, "", "");
      co_return false;
    }
    admission_.emplace(std::move(*admission));
  }
  if (route_.computing.often()) {
    const bool has_turn = co_await waitForTurn();
    if (!has_turn) co_return false;
  }
  if (route_.exclusive().empty()) co_return true;
  co_return co_await waitForVolumes();
}

boost::asio::awaitable<bool> GuestRun::waitForTurn() {
  const Wake wake = co_await yield();
  if (wake != Wake::kReady) {
    endBy(wake);
    co_return false;
  }
  resumed_ = true;  // Its first slice is one of a guest that computes.
  co_return true;
}

Result<bool> GuestRun::lockVolumes() {
  auto lock = VolumeLock::acquire(route_.exclusive());
  if (!lock) return std::unexpected(std::move(lock.error()));
  if (*lock) volumes_.emplace(std::move(**lock));
  return volumes_.has_value();
}

boost::asio::awaitable<bool> GuestRun::waitForVolumes() {
  const WaitingLine::Place place(route_.line);
  for (;;) {
    const auto locked = place.first() ? lockVolumes() : Result<bool>(false);
    if (!locked) {
      refuse(500, "", locked.error().message);
      co_return false;
    }
    if (*locked) co_return true;
    const Wake wake = co_await exchange_.waitUntil(http::Clock::now() + place.pause(),
                                                   http::Exchange::OrBody::kNo);
    if (wake == Wake::kReady) continue;
    if (wake == Wake::kExpired) {
      refuse(504, "",
             fmt::format("waited {} ms (wall_ms_max) for an exclusive volume",
                         route_.plan.limits.wall_ms_max));
    } else {
      endBy(wake);
    }
    co_return false;
  }
}

boost::asio::awaitable<bool> GuestRun::spoolBody() {
  const std::uint64_t bytes_max = route_.plan.limits.body_bytes_max;
  exchange_.setBodyLimit(bytes_max);
  spool_.emplace(worker_.spool);
  for (;;) {
    if (auto kept = keepBody(); !kept) {
      refuse(500, "", kept.error().message);
      co_return false;
    }
    // A body that came with its head is kept without a wait, and only a wait looks at the limit.
    if (bytes_max != 0 && spool_->size() > bytes_max) {
      endBy(Wake::kTooLarge);
      co_return false;
    }
    if (exchange_.bodyComplete() && exchange_.bodyAvailable() == 0) co_return true;
    const Wake wake = co_await exchange_.waitBody();
    if (wake != Wake::kReady) {
      endBy(wake);
      co_return false;
    }
  }
}

Result<void> GuestRun::keepBody() {
  std::array<std::byte, 16 << 10> bytes;
  while (const std::size_t count = exchange_.readBody(bytes)) {
    if (auto kept = spool_->append(std::span(bytes).first(count)); !kept) return kept;
  }
  return {};
}

void GuestRun::finish() {
  const Outcome& outcome = instance_->outcome();
  if (outcome.kind != Outcome::Kind::kExited || outcome.exit_code != 0 || outcome.in_initialize) {
    finishFailed(outcome);
    return;
  }
  if (buffers_->parser.state() == gateway::AnswerParser::State::kMore) buffers_->parser.finish();
  if (out_.failed()) {
    refuse(buffers_->parser.failure().status, buffers_->parser.failure().message,
           buffers_->parser.failure().message);
    return;
  }
  tellOfDroppedHeaders();
  // A header block that finish() completed has had no write() to start the answer.
  if (!exchange_.started())
    exchange_.start(buffers_->parser.head(), buffers_->parser.contentLength());
  if (exchange_.end()) return;
  logFailure(nextRequestId(worker_),
             fmt::format("printed {} bytes after a Content-Length of {}, so the answer was cut off",
                         exchange_.bytesWritten(), buffers_->parser.contentLength().value_or(0)));
}

void GuestRun::tellOfDroppedHeaders() {
  if (buffers_->parser.dropped().empty() || std::exchange(route_.told_of_dropped_headers, true))
    return;
  for (const auto& dropped : buffers_->parser.dropped()) {
    spdlog::warn("route {}: its answers' header \"{}\" is dropped: {}", route_.plan.name(),
                 shortened(dropped.line), dropped.reason);
  }
}

void GuestRun::finishFailed(const Outcome& outcome) {
  const bool out_of_memory = outcome.kind == Outcome::Kind::kOutOfMemory;
  refuse(500, out_of_memory ? "500 Internal Server Error: The module ran out of memory." : "",
         describe(outcome));
}

void GuestRun::endBy(Wake wake) {
  switch (wake) {
    case Wake::kExpired:
      refuse(504, "",
             fmt::format("didn't end within {} ms (wall_ms_max){}", route_.plan.limits.wall_ms_max,
                         whereItIs()));
      return;
    case Wake::kTooLarge:
      refuse(413, "",
             fmt::format("the request's body is over {} bytes (body_bytes_max)",
                         route_.plan.limits.body_bytes_max));
      return;
    case Wake::kGone:
      spdlog::debug("route {}: the client left before its answer was whole", route_.plan.name());
      return;
    case Wake::kReady:
      std::unreachable();
  }
}

std::string_view GuestRun::whereItIs() const {
  return instance_ && instance_->initializing() ? ", in _initialize" : "";
}

void GuestRun::logFailure(std::string_view request_id, std::string_view reason) {
  const auto entry = route_.failures.next(http::Clock::now());
  if (entry.left_out > 0) tellOfLeftOut(route_.plan, entry.left_out);
  if (!entry.logged) return;
  const std::string tail = err_.tail();
  spdlog::warn("request {} {} {}: {} of {}: {}{}{}{}", request_id,
               shortened(exchange_.head().method, kLoggedMethodBytesMax),
               shortened(exchange_.head().path, kLoggedPathBytesMax), route_.plan.entrypoint,
               route_.plan.module, reason, tail.empty() ? "" : "\nits stderr ends:\n", tail,
               entry.last ? "\n(failures that follow within seconds are only counted)" : "");
}

void GuestRun::refuse(int status, std::string_view detail, std::string_view reason_for_log) {
  const std::string id = nextRequestId(worker_);
  logFailure(id, reason_for_log);
  if (exchange_.started() && !exchange_.retract()) {
    exchange_.abort();
    return;
  }
  answerError(exchange_, status, detail, id);
}

}  // namespace wagi::worker
