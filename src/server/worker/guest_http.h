// A guest's outbound requests: which it may make, and how many at once.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "guest/wasi/http_client.h"
#include "net/http/exchange.h"
#include "net/outbound/client.h"
#include "server/worker/site.h"
#include "server/worker/worker_context.h"

namespace wagi::worker {

// Belongs to one run of a guest; what is still open at its end is given up. Notifies the exchange
// when a call that waits should be made again.
class GuestHttp final : public wasi::HttpClient {
 public:
  // Borrows all three.
  GuestHttp(http::Exchange& exchange, LoadedRoute& route, WorkerContext& worker)
      : exchange_(exchange), route_(route), worker_(worker) {}
  GuestHttp(const GuestHttp&) = delete;
  GuestHttp& operator=(const GuestHttp&) = delete;
  ~GuestHttp() override;

  [[nodiscard]] Result<Handle> begin(const Request& request) override;
  [[nodiscard]] Attempt<std::uint16_t> status(Handle handle,
                                              std::span<const std::byte> body) override;
  [[nodiscard]] Result<std::string> header(Handle handle, std::string_view name) override;
  [[nodiscard]] Result<std::string> headers(Handle handle) override;
  [[nodiscard]] Attempt<std::size_t> read(Handle handle, std::span<std::byte> out) override;
  [[nodiscard]] wasi::HttpError close(Handle handle) override;

 private:
  using Outbound = boost::intrusive_ptr<outbound::Call>;

  [[nodiscard]] Outbound find(Handle handle) const;
  [[nodiscard]] wasi::HttpError refused(const outbound::Refusal& refusal);
  void log(std::string_view message);

  http::Exchange& exchange_;
  LoadedRoute& route_;
  WorkerContext& worker_;
  Handle next_ = 1;
  std::unordered_map<Handle, Outbound> open_;
};

}  // namespace wagi::worker
