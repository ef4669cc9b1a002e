// One request answered by a guest: from its arguments to the end of its answer.
//
// Made by the Handler; lives until the answer is whole, the guest broke a limit, or the client
// left.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "guest/engine/instance.h"
#include "net/http/exchange.h"
#include "server/worker/admission.h"
#include "server/worker/guest_http.h"
#include "server/worker/site.h"
#include "server/worker/spool.h"
#include "server/worker/streams.h"
#include "server/worker/worker_context.h"

namespace wagi::worker {

// A guest that nobody knew to compute gives the core to others after this much CPU time, or twice
// as much where the slice had begun before it.
inline constexpr std::chrono::milliseconds kTimeSlice{2};
// A guest that uses more in one go, or more between its waits, is one that computes: it runs only
// in its turn, and gives the core up as soon as somebody else wants it.
inline constexpr std::chrono::microseconds kComputesAfter{200};
// A guest that has computed for less has it at a stretch: that it is let end costs others less than
// looking out for them does (two timers' interrupts, and caches that they had filled).
inline constexpr std::chrono::microseconds kLongTurn{600};
// What one that computes has, interruptions not counted, before the next one's turn.
inline constexpr std::chrono::milliseconds kTurnMax{1};
// A guest that waits may use a hundredth of that time before it computes.
inline constexpr int kRestDivisor = 100;

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
  void instantiate(std::uint64_t body_bytes);
  // Gives the guest the core until it is suspended or ends; true when the exchange has ended.
  [[nodiscard]] bool step();
  [[nodiscard]] engine::Stop resume();
  [[nodiscard]] engine::Stop resumeFirst();
  [[nodiscard]] engine::Stop resumeAgain();
  [[nodiscard]] bool computes() const { return since_rest_ > kComputesAfter; }
  // Until the guest can go on, and until its turn if it computes.
  boost::asio::awaitable<http::Wake> waitForGuest();
  boost::asio::awaitable<http::Wake> waitForEvent();
  boost::asio::awaitable<http::Wake> yield();
  // Each false when the exchange has ended.
  boost::asio::awaitable<bool> prepare();
  boost::asio::awaitable<bool> waitForTurn();
  boost::asio::awaitable<bool> spoolBody();
  boost::asio::awaitable<bool> waitForVolumes();
  [[nodiscard]] Result<bool> lockVolumes();
  [[nodiscard]] Result<void> keepBody();

  void finish();
  void tellOfDroppedHeaders();
  void finishFailed(const engine::Outcome& outcome);
  void endBy(http::Wake wake);
  // For the end of a message about a guest that is stopped; empty in its entry point.
  [[nodiscard]] std::string_view whereItIs() const;
  // Warns of what became of the request, as far as the route's failures aren't too many.
  void logFailure(std::string_view request_id, std::string_view reason);
  // Answers with an error, or, when some of the answer is out, cuts it off.
  void refuse(int status, std::string_view detail, std::string_view reason_for_log);

  http::Exchange& exchange_;
  LoadedRoute& route_;
  WorkerContext& worker_;
  std::optional<Admission> admission_;
  const http::Clock::time_point started_;
  std::chrono::nanoseconds used_{};  // CPU time.
  bool computed_ = false;            // At one time or another.
  bool long_turn_ = false;
  std::chrono::nanoseconds since_rest_{};  // As much of it as the guest's waits don't make up for.
  std::optional<std::chrono::nanoseconds> turn_;  // The part of it in the turn that it has.
  bool resumed_ = false;
  bool waited_ = false;  // Before the guest started.

  const BorrowedBuffers buffers_;
  std::optional<Spool> spool_;
  GuestStdin in_;
  GuestStdout out_;
  GuestStderr err_;
  GuestHttp http_;
  std::optional<VolumeLock> volumes_;  // Of a route that has exclusive ones; outlives the instance.
  std::optional<engine::Instance> instance_;
  engine::Stop stop_;  // Why the guest doesn't run.
};

}  // namespace wagi::worker
