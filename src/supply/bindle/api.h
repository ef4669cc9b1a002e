// The HTTP interface of a Bindle server of our own: /v1 and /healthz.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http/exchange.h"
#include "supply/bindle/keys.h"
#include "supply/bindle/load.h"
#include "supply/bindle/passwords.h"
#include "supply/bindle/repository.h"

namespace wagi::bindle {

struct ApiSettings {
  std::optional<Passwords> passwords{};  // Without them, everybody may do everything.
  bool anonymous_reads = false;          // With them: GET and HEAD need none.
  std::optional<Trust> trust{};          // Without it, invoices are taken unsigned.
  SecretKey host_key;                    // Signs what is taken, and is shown at /bindle-keys.
  std::function<std::uint64_t()> now;    // Seconds since 1970.
};

// Everything happens on the loop's thread. Reading and writing files isn't waited for
// asynchronously: a large parcel's digest holds up the others for as long as it takes.
class Api final : public http::Handler {
 public:
  // Borrows `repository`.
  Api(Repository& repository, ApiSettings settings)
      : repository_(repository), settings_(std::move(settings)) {}

  std::unique_ptr<http::Task> begin(http::Exchange& exchange) override;

 private:
  // Whether it may go on; else it is answered.
  [[nodiscard]] bool admit(http::Exchange& exchange);
  std::unique_ptr<http::Task> beginInvoice(http::Exchange& exchange, std::string_view path);
  std::unique_ptr<http::Task> beginParcel(http::Exchange& exchange, const Id& id,
                                          const std::string& digest);
  void answerInvoice(http::Exchange& exchange, const Id& id);
  void answerYank(http::Exchange& exchange, const Id& id);
  void answerMissing(http::Exchange& exchange, std::string_view path);
  void answerSearch(http::Exchange& exchange);
  void answerKeys(http::Exchange& exchange);
  // Null where it was answered: there is none, or it is yanked.
  [[nodiscard]] const Invoice* findUnyanked(http::Exchange& exchange, const Id& id);

  Repository& repository_;
  ApiSettings settings_;
};

}  // namespace wagi::bindle
