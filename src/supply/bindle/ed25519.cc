#include "supply/bindle/ed25519.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cassert>
#include <memory>

namespace wagi::bindle {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytesOf(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

Key secretKey(std::string_view secret) {
  assert(secret.size() == kKeyBytes);
  return Key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytesOf(secret), secret.size()));
}

}  // namespace

Result<std::string> publicKeyOf(std::string_view secret) {
  const Key key = secretKey(secret);
  std::string bytes(kKeyBytes, '\0');
  std::size_t size = bytes.size();
  if (!key || EVP_PKEY_get_raw_public_key(key.get(), bytesOf(bytes), &size) != 1) {
    return fail("OpenSSL can't make a public key of Ed25519");
  }
  return bytes;
}

Result<std::string> signBytes(std::string_view secret, std::string_view message) {
  const Key key = secretKey(secret);
  const Context context(EVP_MD_CTX_new());
  std::string signature(kSignatureBytes, '\0');
  std::size_t size = signature.size();
  if (!key || !context ||
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), bytesOf(signature), &size, bytesOf(message), message.size()) !=
          1) {
    return fail("OpenSSL can't sign with Ed25519");
  }
  return signature;
}

bool isSignedBy(std::string_view public_key, std::string_view message, std::string_view signature) {
  if (public_key.size() != kKeyBytes || signature.size() != kSignatureBytes) return false;
  const Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytesOf(public_key),
                                            public_key.size()));
  const Context context(EVP_MD_CTX_new());
  return key && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytesOf(signature), signature.size(), bytesOf(message),
                          message.size()) == 1;
}

Result<std::string> generateSecret() {
  std::string secret(kKeyBytes, '\0');
  if (RAND_bytes(bytesOf(secret), static_cast<int>(secret.size())) != 1) {
    return fail("OpenSSL has no random bytes for a key");
  }
  return secret;
}

}  // namespace wagi::bindle
