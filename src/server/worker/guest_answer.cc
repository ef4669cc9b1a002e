#include "server/worker/guest_answer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <string>
#include <utility>

#include "base/printable.h"
#include "server/worker/answers.h"

namespace wagi::worker {
namespace {

using engine::Outcome;

// How much of a request's path and method a line of the log shows.
constexpr std::size_t kLoggedPathBytesMax = 200;
constexpr std::size_t kLoggedMethodBytesMax = 40;

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

}  // namespace

void GuestAnswer::finish(const Outcome& outcome) {
  if (outcome.kind != Outcome::Kind::kExited || outcome.exit_code != 0 || outcome.in_initialize) {
    finishFailed(outcome);
    return;
  }
  using State = gateway::AnswerParser::State;
  if (parser_.state() == State::kMore) parser_.finish();
  if (parser_.state() == State::kFailed) {
    refuseOutput();
    return;
  }
  tellOfDroppedHeaders();
  // A header block that finish() completed has had no write() to start the answer.
  if (!exchange_.started()) exchange_.start(parser_.head(), parser_.contentLength());
  if (exchange_.end()) return;
  logFailure(nextRequestId(worker_),
             fmt::format("printed {} bytes after a Content-Length of {}, so the answer was cut off",
                         exchange_.bytesWritten(), parser_.contentLength().value_or(0)));
}

void GuestAnswer::finishFailed(const Outcome& outcome) {
  const bool out_of_memory = outcome.kind == Outcome::Kind::kOutOfMemory;
  refuse(500, out_of_memory ? "500 Internal Server Error: The module ran out of memory." : "",
         describe(outcome));
}

void GuestAnswer::tellOfDroppedHeaders() {
  if (parser_.dropped().empty() || std::exchange(route_.told_of_dropped_headers, true)) return;
  for (const auto& dropped : parser_.dropped()) {
    spdlog::warn("route {}: its answers' header \"{}\" is dropped: {}", route_.name,
                 shortened(dropped.line), dropped.reason);
  }
}

void GuestAnswer::refuseOutput() {
  const auto& failure = parser_.failure();
  refuse(failure.status, failure.message, failure.message);
}

void GuestAnswer::endBy(http::Wake wake, std::string_view expired) {
  switch (wake) {
    case http::Wake::kExpired:
      refuse(504, "", expired);
      return;
    case http::Wake::kGone:
      spdlog::debug("route {}: the client left before its answer was whole", route_.name);
      return;
    case http::Wake::kReady:
      std::unreachable();
  }
}

void GuestAnswer::endBy(const Unprepared& why, std::string_view expired) {
  if (const auto* const error = std::get_if<Error>(&why)) {
    refuse(500, "", error->message);
  } else if (std::holds_alternative<BodyTooLarge>(why)) {
    refuse(413, "",
           fmt::format("the request's body is over {} bytes (body_bytes_max)",
                       route_.plan.limits.body_bytes_max));
  } else {
    endBy(std::get<http::Wake>(why), expired);
  }
}

void GuestAnswer::refuse(int status, std::string_view detail, std::string_view reason) {
  const std::string id = nextRequestId(worker_);
  logFailure(id, reason);
  if (exchange_.started() && !exchange_.retract()) {
    exchange_.abort();
    return;
  }
  answerError(exchange_, status, detail, id);
}

void GuestAnswer::logFailure(std::string_view request_id, std::string_view reason) {
  const auto entry = route_.failures.next(worker_.system.monotonicClock());
  if (entry.left_out > 0) tellOfLeftOut(route_.plan, entry.left_out);
  if (!entry.logged) return;
  const std::string tail = err_.tail();
  spdlog::warn("request {} {} {}: {} of {}: {}{}{}{}", request_id,
               shortened(exchange_.head().method, kLoggedMethodBytesMax),
               shortened(exchange_.head().path, kLoggedPathBytesMax), route_.plan.entrypoint,
               route_.plan.module, reason, tail.empty() ? "" : "\nits stderr ends:\n", tail,
               entry.last ? "\n(failures that follow within seconds are only counted)" : "");
}

}  // namespace wagi::worker
