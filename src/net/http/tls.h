// TLS 1.2 and 1.3 of a listening socket (OpenSSL).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

struct ssl_ctx_st;

namespace wagi::http {

// A certificate with its key, and what a handshake may choose: TLS 1.3, or 1.2 with the suites of
// RFC 9325. Outlives the connections made with it. Answers ALPN (RFC 7301) with http/1.1.
class TlsContext {
 public:
  using Time = std::chrono::system_clock::time_point;

  // A certificate with less left than this is warned of; one that is issued for less than thrice as
  // long, with less than a third of its life left, so that a fresh one never is.
  static constexpr std::chrono::days kRemainingDaysMin{30};

  // Of two PEM files: the certificate, its chain behind it, and the unencrypted key.
  [[nodiscard]] static Result<TlsContext> load(const std::string& cert_path,
                                               const std::string& key_path);

  // A line for each certificate of the file that a client refuses at the time `now`, or soon will.
  [[nodiscard]] std::vector<std::string> warnings(Time now) const;

  [[nodiscard]] ssl_ctx_st* native() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;
  TlsContext(Handle context, std::string cert_path)
      : context_(std::move(context)), cert_path_(std::move(cert_path)) {}

  Handle context_;
  std::string cert_path_;
};

}  // namespace wagi::http
