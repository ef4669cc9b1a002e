#include "server/worker/handler.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "server/worker/answers.h"

namespace wagi::worker {
namespace {

// The path of a request about the server as a whole, which OPTIONS alone may have (RFC 9112 3.2.4).
constexpr std::string_view kWholeServer = "*";
constexpr std::string_view kMisdirected =
    "421 Misdirected Request: This server has no site for the host.";
constexpr std::string_view kOutOfService =
    "503 Service Unavailable: The module of this address is out of service.";

bool tooLarge(const RequestHead& head, std::uint64_t body_bytes_max) {
  return body_bytes_max != 0 && head.content_length.value_or(0) > body_bytes_max;
}

}  // namespace

std::unique_ptr<http::Task> RequestHandler::begin(http::Exchange& exchange) {
  const RequestHead& head = exchange.head();
  if (head.path == kWholeServer) {
    answerOptions(exchange);
    return nullptr;
  }
  const auto target = sites_.match(head.host, head.path);
  if (!target) {
    if (target.error() == NoTarget::kUnknownHost && unknown_host_status_ == 421) {
      answerError(exchange, 421, kMisdirected, "");
    } else {
      answerError(exchange, 404, "", "");
    }
    return nullptr;
  }
  if (const auto* guest = std::get_if<GuestTarget>(&*target)) return beginGuest(exchange, *guest);
  answerText(exchange, "OK");
  return nullptr;
}

std::unique_ptr<http::Task> RequestHandler::beginGuest(http::Exchange& exchange,
                                                       GuestTarget target) {
  LoadedRoute* route = sites_.route(target);
  if (route == nullptr || worker_.counters.isOutOfService(route->plan.module_index)) {
    answerError(exchange, 503, kOutOfService, "");
    return nullptr;
  }
  if (tooLarge(exchange.head(), route->plan.limits.body_bytes_max)) {
    answerError(exchange, 413, "", "");
    return nullptr;
  }
  // An upload that is taken whole holds no place before its guest can start, however slow it is.
  const bool whole_first = GuestRun::takesBodyFirst(exchange, *route);
  std::optional<Admission> admission =
      whole_first ? std::nullopt : Admission::acquire(worker_, route->plan);
  if (!whole_first && !admission) {
    answerError(exchange, 503, "", "");
    return nullptr;
  }
  auto run = std::make_unique<GuestRun>(exchange, *route, worker_, std::move(admission));
  if (run->start()) return nullptr;
  return run;
}

}  // namespace wagi::worker
