// Decides what answers a request: the server itself, or a guest.
#pragma once

#include <memory>

#include "net/http/exchange.h"
#include "server/worker/guest_run.h"
#include "server/worker/site.h"

namespace wagi::worker {

class RequestHandler final : public http::Handler {
 public:
  // Borrows both.
  RequestHandler(Sites& sites, WorkerContext& worker, int unknown_host_status)
      : sites_(sites), worker_(worker), unknown_host_status_(unknown_host_status) {}
  std::unique_ptr<http::Task> begin(http::Exchange& exchange) override;

 private:
  [[nodiscard]] std::unique_ptr<http::Task> beginGuest(http::Exchange& exchange,
                                                       GuestTarget target);

  Sites& sites_;
  WorkerContext& worker_;
  const int unknown_host_status_;
};

}  // namespace wagi::worker
