// The keys of signatures: a keyring of public keys says who may sign, a file of secret keys is for
// signing.
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
  std::vector<Role> roles;                     // The roles that the keyring's owner grants it.
  std::string key;                             // The public key in base64, as signatures have it.
  std::optional<std::string> label_signature;  // The key's signature of the label, in base64.
};

struct Keyring {
  std::vector<KeyEntry> keys;

  // Whether the keyring has `key` (in base64) and grants it the role.
  [[nodiscard]] bool grants(std::string_view key, Role role) const;
};

// Parses a keyring; fails also where a label_signature doesn't fit its label.
[[nodiscard]] Result<Keyring> parseKeyring(std::string_view text, Format format,
                                           const std::string& name);
[[nodiscard]] Value valueOf(const Keyring& keyring);

struct SecretKey {
  std::string label;  // Becomes a signature's `by`.
  std::vector<Role> roles;
  std::string secret;  // kKeyBytes bytes (ed25519.h).

  [[nodiscard]] bool has(Role role) const;
};

[[nodiscard]] Result<SecretKey> generateKey(std::string label, std::vector<Role> roles);
[[nodiscard]] Result<KeyEntry> publicEntryOf(const SecretKey& key);

// Reads and writes a file of secret keys in the format of Bindle's tools: `keypair` is the secret
// key and the public one in base64.
[[nodiscard]] Result<std::vector<SecretKey>> parseSecretKeys(std::string_view text,
                                                             const std::string& name);
[[nodiscard]] Result<std::string> writeSecretKeys(const std::vector<SecretKey>& keys);

// Load and save files. A file of secret keys is saved for its owner only, and mustn't exist before.
[[nodiscard]] Result<Keyring> loadKeyring(const std::string& path);
[[nodiscard]] Result<std::vector<SecretKey>> loadSecretKeys(const std::string& path);
[[nodiscard]] Result<void> saveSecretKeys(const std::string& path,
                                          const std::vector<SecretKey>& keys);

}  // namespace wagi::bindle
