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
  RequestHandler(Site& site, WorkerContext& worker) : site_(site), worker_(worker) {}
  std::unique_ptr<http::Task> begin(http::Exchange& exchange) override;

 private:
  Site& site_;
  WorkerContext& worker_;
};

}  // namespace wagi::worker
