// SHA-256 (FIPS 180-4), through OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace wagi {

// The digest of `bytes` in 64 lower-case hex digits.
[[nodiscard]] std::string sha256Hex(std::string_view bytes);

// Computes the digest of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  void update(std::string_view bytes);
  // The digest as sha256Hex() writes it. REQUIRES: called once, and no update() after it.
  [[nodiscard]] std::string hex();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace wagi
