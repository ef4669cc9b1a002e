#include "server/worker/guest_run.h"

#include <fmt/format.h>

#include <utility>

#include "guest/engine/ticker.h"
#include "guest/gateway/arguments.h"
#include "server/worker/answers.h"

namespace wagi::worker {

using engine::is;
using http::Wake;
using std::chrono::milliseconds;

GuestRun::GuestRun(http::Exchange& exchange, LoadedRoute& route, WorkerContext& worker,
                   std::optional<Admission> admission)
    : exchange_(exchange),
      route_(route),
      worker_(worker),
      admission_(std::move(admission)),
      scheduler_(worker.system, route.history),
      buffers_(worker),
      in_(exchange, spool_),
      out_(exchange, buffers_->parser),
      err_(route.log),
      http_(exchange, route, worker),
      answer_(exchange, route, worker, buffers_->parser, err_) {}

GuestRun::~GuestRun() {
  if (!instance_) return;
  // A module whose instance can't be set back ends its worker, and is counted for that.
  const SharedCounters::OnCore on_core(worker_.counters, worker_.worker_index,
                                       route_.plan.module_index);
  instance_.reset();
  worker_.instance_ended();
}

bool GuestRun::takesBodyFirst(const http::Exchange& exchange, const LoadedRoute& route) {
  return exchange.head().chunked || (!route.exclusive().empty() && !exchange.bodyComplete());
}

bool GuestRun::start() {
  const std::uint64_t wall_ms_max = route_.plan.limits.wall_ms_max;
  if (wall_ms_max != 0)
    exchange_.waiter().setDeadline(scheduler_.began() + milliseconds(wall_ms_max));
  if (!admission_ || route_.history.computing.often()) return false;
  if (!route_.exclusive().empty() && !lockVolumesAtOnce()) return false;
  instantiate(exchange_.head().content_length.value_or(0));
  return step();
}

boost::asio::awaitable<void> GuestRun::run() {
  if (!instance_) {
    const bool prepared = co_await prepare();
    if (!prepared) co_return;
    scheduler_.beginLate();
    instantiate(spool_ ? spool_->size() : exchange_.head().content_length.value_or(0));
    if (step()) co_return;
  }
  do {
    const Wake wake = co_await wait();
    if (wake != Wake::kReady) {
      answer_.endBy(wake, overTime());
      co_return;
    }
  } while (!step());
}

// ---- Before the guest runs.

boost::asio::awaitable<bool> GuestRun::prepare() {
  if (!admission_) {
    const auto spooled = co_await spoolBody(exchange_, spool_.emplace(worker_.spool),
                                            route_.plan.limits.body_bytes_max);
    if (!spooled) {
      answer_.endBy(spooled.error(), overTime());
      co_return false;
    }
    auto admission = Admission::acquire(worker_, route_.plan);
    if (!admission) {
      answerError(exchange_, 503, "", "");
      co_return false;
    }
    admission_.emplace(std::move(*admission));
  }
  if (route_.history.computing.often()) {
    const Wake wake = co_await waitForTurn();
    if (wake != Wake::kReady) {
      answer_.endBy(wake, overTime());
      co_return false;
    }
    scheduler_.beginInTurn();
  }
  if (route_.exclusive().empty()) co_return true;
  auto locked = co_await waitForVolumes(exchange_, worker_.system, route_.line, route_.exclusive());
  if (!locked) {
    answer_.endBy(locked.error(), fmt::format("waited {} ms (wall_ms_max) for an exclusive volume",
                                              route_.plan.limits.wall_ms_max));
    co_return false;
  }
  volumes_.emplace(std::move(*locked));
  co_return true;
}

bool GuestRun::lockVolumesAtOnce() {
  // A guest that comes now goes behind those that wait; an error is told where one can wait.
  if (!route_.line.empty()) return false;
  auto lock = VolumeLock::acquire(route_.exclusive());
  if (!lock || !*lock) return false;
  volumes_.emplace(std::move(**lock));
  return true;
}

void GuestRun::instantiate(std::uint64_t body_bytes) {
  const RequestHead& head = exchange_.head();
  gateway::buildArguments(route_.plan.argv, head, buffers_->arguments);
  route_.environment.build(head, route_.pattern.remainder(head.path), body_bytes,
                           buffers_->environment);
  const wasi::Invocation invocation{buffers_->arguments, buffers_->environment, in_,   out_, err_,
                                    route_.preopens(),   worker_.system,        &http_};
  instance_.emplace(route_.module, route_.entrypoint, invocation,
                    route_.plan.limits.memory_bytes_max, route_.kept);
}

// ---- While it runs.

bool GuestRun::step() {
  stop_ = scheduler_.run([this](GuestScheduler::Watched watched) { return resume(watched); });
  if (is<engine::Ended>(stop_)) {
    answer_.finish(instance_->outcome());
    return true;
  }
  if (is<wasi::OutputFailed>(stop_)) {
    answer_.refuseOutput();
    return true;
  }
  const std::uint64_t cpu_ms_max = route_.plan.limits.cpu_ms_max;
  if (cpu_ms_max != 0 && scheduler_.cpuTime() > milliseconds(cpu_ms_max)) {
    answer_.refuse(504, "", overCpuTime());
    return true;
  }
  return false;
}

engine::Stop GuestRun::resume(GuestScheduler::Watched watched) {
  std::optional<engine::Ticker::Watch> watch;
  if (watched == GuestScheduler::Watched::kYes && worker_.ticker != nullptr) {
    watch.emplace(*worker_.ticker);
  }
  const SharedCounters::OnCore on_core(worker_.counters, worker_.worker_index,
                                       route_.plan.module_index);
  return instance_->resume();
}

boost::asio::awaitable<Wake> GuestRun::wait() {
  if (is<wasi::EventWait>(stop_) || is<wasi::AnswerWait>(stop_)) {
    scheduler_.beginRest();
    const Wake wake = co_await waitForEvent();
    scheduler_.endRest();
    if (wake != Wake::kReady || !scheduler_.computes()) co_return wake;
  }
  co_return co_await waitForTurn();
}

// Not a coroutine itself: one frame less for each wait.
boost::asio::awaitable<Wake> GuestRun::waitForEvent() {
  const auto* const wait = std::get_if<wasi::EventWait>(&stop_);
  if (wait == nullptr) return exchange_.waiter().waitNotified();
  if (wait->out) return exchange_.waitDrained();
  if (wait->in || !wait->until) return exchange_.waitBody(wait->until);
  return exchange_.waiter().waitUntil(*wait->until);
}

// Not a coroutine itself: one frame less for each wait.
boost::asio::awaitable<Wake> GuestRun::waitForTurn() {
  using Place = loop::RunQueue::Place;
  const bool goes_on = scheduler_.nextSlice() == GuestScheduler::Slice::kSame;
  return exchange_.waiter().yield(goes_on ? Place::kFront : Place::kBack);
}

// ---- For the log.

std::string GuestRun::overTime() const {
  return fmt::format("didn't end within {} ms (wall_ms_max){}", route_.plan.limits.wall_ms_max,
                     instance_ && instance_->initializing() ? ", in _initialize" : "");
}

std::string GuestRun::overCpuTime() const {
  return fmt::format("used its {} ms of CPU time (cpu_ms_max){}", route_.plan.limits.cpu_ms_max,
                     instance_->initializing() ? ", in _initialize" : "");
}

}  // namespace wagi::worker
