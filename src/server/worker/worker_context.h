// State that the requests of one worker share. Outlives them all; used from the worker's loop only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/block.h"
#include "guest/gateway/answer.h"
#include "guest/wasi/system.h"
#include "server/worker/counters.h"
#include "server/worker/spool.h"

namespace wagi::engine {
class Ticker;
}

namespace wagi::outbound {
class Client;
}

namespace wagi::worker {

// Instances that live at once in one worker. Each costs a few memory mappings, of which a process
// has 65,530 by default (vm.max_map_count).
inline constexpr std::size_t kInstancesMax = 1'000;

// One request's arguments, environment and answer's head, in memory that later requests use again.
struct RequestBuffers {
  Block arguments;
  Block environment;
  gateway::AnswerParser parser;
};

struct WorkerContext {
  WorkerContext(SharedCounters& counters_in, std::size_t worker_index_in, SpoolSettings spool_in,
                std::uint64_t request_base_in, wasi::System& system_in)
      : system(system_in),
        counters(counters_in),
        worker_index(worker_index_in),
        spool(spool_in),
        request_base(request_base_in) {}

  wasi::System& system;  // The clocks of the worker and of its guests.
  SharedCounters& counters;
  const std::size_t worker_index;
  const SpoolSettings spool;
  const std::uint64_t request_base;        // Random, so that ids differ between workers and runs.
  const engine::Ticker* ticker = nullptr;  // Set before the first request.
  outbound::Client* outbound = nullptr;    // Set likewise; null where no route may call anybody.
  std::uint64_t next_request = 0;
  std::size_t instances = 0;                     // How many live now; at most kInstancesMax.
  std::function<void()> instance_ended = [] {};  // Called when a guest's instance is given back.
  std::vector<std::unique_ptr<RequestBuffers>> spare_buffers;  // At most kSpareMax.
};

// The buffers of one request, given back to the worker at its end.
class BorrowedBuffers {
 public:
  // How many buffers are kept for later requests: more are needed only while many wait.
  static constexpr std::size_t kSpareMax = 32;

  explicit BorrowedBuffers(WorkerContext& worker) : worker_(worker) {
    if (worker.spare_buffers.empty()) {
      buffers_ = std::make_unique<RequestBuffers>();
    } else {
      buffers_ = std::move(worker.spare_buffers.back());
      worker.spare_buffers.pop_back();
    }
  }
  BorrowedBuffers(const BorrowedBuffers&) = delete;
  BorrowedBuffers& operator=(const BorrowedBuffers&) = delete;
  ~BorrowedBuffers() {
    if (worker_.spare_buffers.size() >= kSpareMax) return;
    buffers_->parser.reset();
    worker_.spare_buffers.push_back(std::move(buffers_));
  }

  RequestBuffers* operator->() const { return buffers_.get(); }

 private:
  WorkerContext& worker_;
  std::unique_ptr<RequestBuffers> buffers_;
};

}  // namespace wagi::worker
