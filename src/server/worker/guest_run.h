// One request answered by a guest: prepared, run and answered.
//
// Made by the Handler; lives until the answer is whole, the guest broke a limit, or the client
// left.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "guest/engine/instance.h"
#include "net/http/exchange.h"
#include "server/worker/admission.h"
#include "server/worker/guest_answer.h"
#include "server/worker/guest_http.h"
#include "server/worker/guest_scheduler.h"
#include "server/worker/site.h"
#include "server/worker/spool.h"
#include "server/worker/streams.h"
#include "server/worker/worker_context.h"

namespace wagi::worker {

class GuestRun final : public http::Task {
 public:
  // Whether the body is taken whole before the guest starts: a chunked one, since CGI states its
  // length first, and one that is slow to come while the guest would hold a volume.
  [[nodiscard]] static bool takesBodyFirst(const http::Exchange& exchange,
                                           const LoadedRoute& route);

  // Without an admission, which takesBodyFirst() needs none for, run() asks for one.
  GuestRun(http::Exchange& exchange, LoadedRoute& route, WorkerContext& worker,
           std::optional<Admission> admission);

  ~GuestRun() override;

  // Runs the guest for its first slice. True: the exchange has ended, and run() isn't needed.
  [[nodiscard]] bool start();
  boost::asio::awaitable<void> run() override;

 private:
  // Waits for what must be there before the guest starts; false when the exchange has ended.
  boost::asio::awaitable<bool> prepare();
  [[nodiscard]] bool lockVolumesAtOnce();
  void instantiate(std::uint64_t body_bytes);
  // Gives the guest the core until it stops; true when the exchange has ended.
  [[nodiscard]] bool step();
  [[nodiscard]] engine::Stop resume(GuestScheduler::Watched watched);
  // Waits until the guest can go on, and until its turn if it computes.
  boost::asio::awaitable<http::Wake> wait();
  boost::asio::awaitable<http::Wake> waitForEvent();
  boost::asio::awaitable<http::Wake> waitForTurn();
  // For the log, about a guest that is stopped.
  [[nodiscard]] std::string overTime() const;
  [[nodiscard]] std::string overCpuTime() const;

  http::Exchange& exchange_;
  LoadedRoute& route_;
  WorkerContext& worker_;
  std::optional<Admission> admission_;
  GuestScheduler scheduler_;

  const BorrowedBuffers buffers_;
  std::optional<Spool> spool_;
  GuestStdin in_;
  GuestStdout out_;
  GuestStderr err_;
  GuestHttp http_;
  GuestAnswer answer_;
  std::optional<VolumeLock> volumes_;  // Held for exclusive ones; outlives the instance.
  std::optional<engine::Instance> instance_;
  engine::Stop stop_;  // Why the guest doesn't run.
};

}  // namespace wagi::worker
