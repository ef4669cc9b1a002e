// The HTTP interface of `wagi bindle serve`: /v1 and /healthz.
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
  std::optional<Passwords> passwords{};  // Absent: everybody may do everything.
  bool anonymous_reads = false;          // Whether GET and HEAD need no password.
  std::optional<Trust> trust{};          // Absent: invoices needn't be signed.
  SecretKey host_key;  // Signs each new invoice; /bindle-keys shows its public part.
  std::function<std::uint64_t()> now;  // Seconds since 1970.
};

// Answers all requests, on the loop's thread. Files are read and written without giving the loop
// up, so the digest of a large parcel holds up other requests.
class Api final : public http::Handler {
 public:
  // Borrows `repository`, which must outlive it.
  Api(Repository& repository, ApiSettings settings)
      : repository_(repository), settings_(std::move(settings)) {}

  std::unique_ptr<http::Task> begin(http::Exchange& exchange) override;

 private:
  // Whether the request's credentials suffice; if not, it is answered.
  [[nodiscard]] bool admit(http::Exchange& exchange);
  std::unique_ptr<http::Task> beginInvoice(http::Exchange& exchange, std::string_view path);
  std::unique_ptr<http::Task> beginParcel(http::Exchange& exchange, const Id& id,
                                          const std::string& digest);
  void answerInvoice(http::Exchange& exchange, const Id& id);
  void answerYank(http::Exchange& exchange, const Id& id);
  void answerMissing(http::Exchange& exchange, std::string_view path);
  void answerSearch(http::Exchange& exchange);
  void answerKeys(http::Exchange& exchange);
  // The invoice; null where there is none or it is yanked, and then the request is answered.
  [[nodiscard]] const Invoice* findUnyanked(http::Exchange& exchange, const Id& id);

  Repository& repository_;
  ApiSettings settings_;
};

}  // namespace wagi::bindle
