#include "artifact/checksum.h"

#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <memory>

namespace wagi::artifact {
namespace {

struct Free {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};

}  // namespace

// GMAC with a constant key: 15 GB/s with AES and carry-less multiplication in hardware, where
// SHA-256 has 1.7. The compiled code of a large module is 100 MB, verified at each start.
Checksum checksum(std::string_view bytes) {
  static constexpr std::array<unsigned char, 16> kKey{};
  static constexpr std::array<unsigned char, 12> kNonce{};
  char cipher[] = "AES-128-GCM";
  const std::array<OSSL_PARAM, 3> parameters{
      OSSL_PARAM_construct_utf8_string("cipher", cipher, 0),
      OSSL_PARAM_construct_octet_string("iv", const_cast<unsigned char*>(kNonce.data()),
                                        kNonce.size()),
      OSSL_PARAM_construct_end()};
  const std::unique_ptr<EVP_MAC, Free> mac(EVP_MAC_fetch(nullptr, "GMAC", nullptr));
  const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_new(mac.get()));
  Checksum sum{};
  std::size_t written = 0;
  const bool done =
      context && EVP_MAC_init(context.get(), kKey.data(), kKey.size(), parameters.data()) == 1 &&
      EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size()) == 1 &&
      EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(sum.data()), &written,
                    sum.size()) == 1;
  if (!done || written != sum.size()) std::abort();  // Only without memory, or a broken OpenSSL.
  return sum;
}

}  // namespace wagi::artifact
