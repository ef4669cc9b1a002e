// The keys that sign artifacts and check signatures: ECDSA over P-256 with SHA-256, or Ed25519
// (RFC 8032), in PEM.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace wagi::trust {

class PublicKey {
 public:
  // Reads a SubjectPublicKeyInfo, "-----BEGIN PUBLIC KEY-----".
  [[nodiscard]] static Result<PublicKey> parse(std::string_view pem);

  // Whether `signature` is this key's of `message`. It is raw: DER for ECDSA, 64 bytes for Ed25519.
  [[nodiscard]] bool verifies(std::string_view message, std::string_view signature) const;

 private:
  friend class PrivateKey;
  explicit PublicKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;  // Shared by copies, since it never changes.
};

class PrivateKey {
 public:
  // Reads an unencrypted key, PKCS #8 ("PRIVATE KEY") or SEC 1 ("EC PRIVATE KEY").
  [[nodiscard]] static Result<PrivateKey> parse(std::string_view pem);
  // Makes a new key, of P-256, since every verifier knows that.
  [[nodiscard]] static Result<PrivateKey> generate();

  // A raw signature, as PublicKey::verifies() takes it.
  [[nodiscard]] Result<std::string> sign(std::string_view message) const;
  [[nodiscard]] PublicKey publicKey() const { return PublicKey(key_); }
  // The two parts of the key in PEM.
  [[nodiscard]] Result<std::string> privatePem() const;
  [[nodiscard]] Result<std::string> publicPem() const;

 private:
  explicit PrivateKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;  // Shared with publicKey().
};

}  // namespace wagi::trust
