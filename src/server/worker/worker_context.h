// What the requests of one worker share. Outlives them all; used from the worker's loop only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/block.h"
#include "guest/gateway/answer.h"
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

// A request's text, in memory that later requests use again.
struct Scratch {
  Block arguments;
  Block environment;
  gateway::AnswerParser parser;
};

struct Workbench {
  Workbench(SharedCounters& counters_in, std::size_t worker_index_in, SpoolSettings spool_in,
            std::uint64_t request_base_in)
      : counters(counters_in),
        worker_index(worker_index_in),
        spool(spool_in),
        request_base(request_base_in) {}

  SharedCounters& counters;
  const std::size_t worker_index;
  const SpoolSettings spool;
  const std::uint64_t request_base;        // Random, so that ids differ between workers and runs.
  const engine::Ticker* ticker = nullptr;  // Set before the first request.
  outbound::Client* outbound = nullptr;    // Set likewise; null where no route may call anybody.
  std::uint64_t next_request = 0;
  std::size_t instances = 0;                    // That live now; at most kInstancesMax.
  std::vector<std::unique_ptr<Scratch>> spare;  // At most kSpareMax.
};

// A scratch, lent by the workbench.
class LentScratch {
 public:
  // Those kept for later requests: more are needed only while many wait.
  static constexpr std::size_t kSpareMax = 32;

  explicit LentScratch(Workbench& bench) : bench_(bench) {
    if (bench.spare.empty()) {
      scratch_ = std::make_unique<Scratch>();
    } else {
      scratch_ = std::move(bench.spare.back());
      bench.spare.pop_back();
    }
  }
  LentScratch(const LentScratch&) = delete;
  LentScratch& operator=(const LentScratch&) = delete;
  ~LentScratch() {
    if (bench_.spare.size() >= kSpareMax) return;
    scratch_->parser.reset();
    bench_.spare.push_back(std::move(scratch_));
  }

  Scratch* operator->() const { return scratch_.get(); }

 private:
  Workbench& bench_;
  std::unique_ptr<Scratch> scratch_;
};

}  // namespace wagi::worker
