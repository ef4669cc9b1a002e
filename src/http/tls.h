// TLS 1.2 and 1.3 of a listening socket (OpenSSL).
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

struct ssl_ctx_st;

namespace wagi::http {

// A certificate with its key, and what a handshake may choose. Outlives the connections made with
// it. Answers ALPN (RFC 7301) with http/1.1.
class TlsContext {
 public:
  // Of two PEM files: the certificate, its chain behind it, and the unencrypted key.
  [[nodiscard]] static Result<TlsContext> load(const std::string& cert_path,
                                               const std::string& key_path);

  [[nodiscard]] ssl_ctx_st* native() const { return context_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Handle = std::unique_ptr<ssl_ctx_st, Free>;
  explicit TlsContext(Handle context) : context_(std::move(context)) {}

  Handle context_;
};

}  // namespace wagi::http
