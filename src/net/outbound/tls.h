// The client's side of TLS for guests' requests: the certificates that it trusts, and its settings.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "net/outbound/url.h"

struct ssl_ctx_st;
struct ssl_st;

namespace wagi::outbound {

class TlsClient {
 public:
  // The file that SSL_CERT_FILE names, else the system's.
  [[nodiscard]] static std::string defaultRootsPath();
  // Makes a client that trusts the certificates of a PEM file, and no others. The file is read now,
  // since the process may have no files later.
  [[nodiscard]] static Result<TlsClient> load(const std::string& roots_path);

  // Makes `stream` ask for `host` (SNI), and accept only a certificate of that host.
  static void expect(ssl_st* stream, const Host& host);
  [[nodiscard]] ssl_ctx_st* context() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;
  explicit TlsClient(Handle context) : context_(std::move(context)) {}
  Handle context_;
};

}  // namespace wagi::outbound
