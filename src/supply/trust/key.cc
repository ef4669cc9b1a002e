#include "supply/trust/key.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>

namespace wagi::trust {
namespace {

constexpr std::string_view kCurve = "prime256v1";  // P-256, as OpenSSL calls it.

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;
using Key = std::shared_ptr<EVP_PKEY>;

Key shared(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

Bio reading(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Gives no passphrase for an encrypted key, where OpenSSL would ask the terminal.
int noPassphrase(char*, int, int, void*) { return -1; }

bool isEd25519(const EVP_PKEY* key) { return EVP_PKEY_is_a(key, "ED25519") == 1; }

// Why `key` is neither P-256 nor Ed25519; empty where it is.
std::string faultOf(const EVP_PKEY* key) {
  if (isEd25519(key)) return {};
  if (EVP_PKEY_is_a(key, "EC") != 1) {
    return fmt::format("it is a key of the kind {}", EVP_PKEY_get0_type_name(key));
  }
  std::array<char, 64> curve{};
  std::size_t size = 0;
  if (EVP_PKEY_get_group_name(key, curve.data(), curve.size(), &size) == 1 &&
      std::string_view(curve.data(), size) == kCurve) {
    return {};
  }
  return fmt::format("its curve is {}", curve.data());
}

std::unexpected<Error> noKey(std::string_view why) {
  ERR_clear_error();
  return fail(fmt::format("expected an ECDSA P-256 or Ed25519 key in PEM: {}", why));
}

// The hash to sign with: ECDSA signs a digest, Ed25519 hashes by itself.
const EVP_MD* digestFor(const EVP_PKEY* key) { return isEd25519(key) ? nullptr : EVP_sha256(); }

const unsigned char* bytesOf(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

template <class Write>
Result<std::string> written(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  if (!bio || write(bio.get()) != 1) return fail("OpenSSL can't write the key");
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

Result<PublicKey> PublicKey::parse(std::string_view pem) {
  if (pem.contains("PRIVATE KEY")) return noKey("it is a private key, which nobody should see");
  Key key = shared(PEM_read_bio_PUBKEY(reading(pem).get(), nullptr, noPassphrase, nullptr));
  if (!key) return noKey("there is no \"BEGIN PUBLIC KEY\", or what follows isn't one");
  if (const std::string fault = faultOf(key.get()); !fault.empty()) return noKey(fault);
  return PublicKey(std::move(key));
}

bool PublicKey::verifies(std::string_view message, std::string_view signature) const {
  const Context context(EVP_MD_CTX_new());
  const bool verified = context &&
                        EVP_DigestVerifyInit(context.get(), nullptr, digestFor(key_.get()), nullptr,
                                             key_.get()) == 1 &&
                        EVP_DigestVerify(context.get(), bytesOf(signature), signature.size(),
                                         bytesOf(message), message.size()) == 1;
  ERR_clear_error();
  return verified;
}

Result<PrivateKey> PrivateKey::parse(std::string_view pem) {
  if (pem.contains("ENCRYPTED")) {
    return noKey("it is encrypted; `openssl pkey -in FILE` writes it decrypted");
  }
  Key key = shared(PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, noPassphrase, nullptr));
  if (!key) return noKey("there is no \"BEGIN PRIVATE KEY\", or what follows isn't one");
  if (const std::string fault = faultOf(key.get()); !fault.empty()) return noKey(fault);
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::generate() {
  Key key = shared(EVP_EC_gen(kCurve.data()));
  if (!key) return fail("OpenSSL can't make a key");
  return PrivateKey(std::move(key));
}

Result<std::string> PrivateKey::sign(std::string_view message) const {
  const Context context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (context &&
      EVP_DigestSignInit(context.get(), nullptr, digestFor(key_.get()), nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), nullptr, &size, bytesOf(message), message.size()) == 1) {
    std::string signature(size, '\0');
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytesOf(message), message.size()) == 1) {
      signature.resize(size);  // The first call gave the most that DER may need.
      return signature;
    }
  }
  ERR_clear_error();
  return fail("OpenSSL can't sign with the key");
}

Result<std::string> PrivateKey::privatePem() const {
  return written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

Result<std::string> PrivateKey::publicPem() const {
  return written([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key_.get()); });
}

}  // namespace wagi::trust
