// How the answer of a guest ends: whole, as an error of the server's, or cut off; and what the log
// says of it.
//
// Belongs to one run of a guest. Each function ends the exchange, unless its client has gone.
#pragma once

#include <string_view>

#include "guest/engine/instance.h"
#include "guest/gateway/answer.h"
#include "net/http/exchange.h"
#include "server/worker/guest_log.h"
#include "server/worker/site.h"
#include "server/worker/unprepared.h"
#include "server/worker/worker_context.h"

namespace wagi::worker {

class GuestAnswer {
 public:
  // Borrows everything.
  GuestAnswer(http::Exchange& exchange, LoadedRoute& route, WorkerContext& worker,
              gateway::AnswerParser& parser, const GuestStderr& err)
      : exchange_(exchange), route_(route), worker_(worker), parser_(parser), err_(err) {}

  // The guest has ended.
  void finish(const engine::Outcome& outcome);
  // The guest's header block can't become an answer. REQUIRES: the parser has failed.
  void refuseOutput();
  // A wait ended otherwise than with kReady. The log is told `expired` where it was the deadline.
  void endBy(http::Wake wake, std::string_view expired);
  void endBy(const Unprepared& why, std::string_view expired);
  // Answers with an error, or, when some of the answer is out, cuts it off. The client is told
  // `detail`, or the status alone where it is empty; the log is told `reason`.
  void refuse(int status, std::string_view detail, std::string_view reason);

 private:
  void finishFailed(const engine::Outcome& outcome);
  void tellOfDroppedHeaders();
  // Warns of a failed request, as far as the route's failures aren't too many.
  void logFailure(std::string_view request_id, std::string_view reason);

  http::Exchange& exchange_;
  LoadedRoute& route_;
  WorkerContext& worker_;
  gateway::AnswerParser& parser_;
  const GuestStderr& err_;
};

}  // namespace wagi::worker
