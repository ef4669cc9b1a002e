// Who may sign: a keyring of public keys, and a file of one's own secret ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supply/bindle/invoice.h"

namespace wagi::bindle {

struct KeyEntry {
  std::string label;
  std::vector<Role> roles;                     // Those that the keyring's owner grants it.
  std::string key;                             // In base64, as signatures have it.
  std::optional<std::string> label_signature;  // Of the label by the key; in base64.
};

struct Keyring {
  std::vector<KeyEntry> keys;

  // Whether `key` (in base64) is in it, and granted the role.
  [[nodiscard]] bool grants(std::string_view key, Role role) const;
};

// The error is of a label that somebody else wrote, too.
[[nodiscard]] Result<Keyring> parseKeyring(std::string_view text, Format format,
                                           const std::string& name);
[[nodiscard]] Value valueOf(const Keyring& keyring);

struct SecretKey {
  std::string label;  // Becomes a signature's `by`.
  std::vector<Role> roles;
  std::string secret;  // kKeyBytes of them (ed25519.h).

  [[nodiscard]] bool has(Role role) const;
};

[[nodiscard]] Result<SecretKey> generateKey(std::string label, std::vector<Role> roles);
[[nodiscard]] Result<KeyEntry> publicEntryOf(const SecretKey& key);

// As Bindle's tools keep them: `keypair` is the secret key and the public one in base64.
[[nodiscard]] Result<std::vector<SecretKey>> parseSecretKeys(std::string_view text,
                                                             const std::string& name);
[[nodiscard]] Result<std::string> writeSecretKeys(const std::vector<SecretKey>& keys);

// The files. A file of secret keys is written anew, for its owner only; it must not exist.
[[nodiscard]] Result<Keyring> loadKeyring(const std::string& path);
[[nodiscard]] Result<std::vector<SecretKey>> loadSecretKeys(const std::string& path);
[[nodiscard]] Result<void> saveSecretKeys(const std::string& path,
                                          const std::vector<SecretKey>& keys);

}  // namespace wagi::bindle
