#include "supply/bindle/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/file.h"
#include "supply/bindle/ed25519.h"

namespace wagi::bindle {
namespace {

using config::Mistakes;
using config::TableReader;

constexpr std::size_t kKeysMax = 10'000;
constexpr std::string_view kVersion = "1.0";

constexpr auto kFileKeys = std::to_array<std::string_view>({"version", "key"});
constexpr auto kEntryKeys =
    std::to_array<std::string_view>({"label", "roles", "key", "labelSignature"});
constexpr auto kSecretKeys = std::to_array<std::string_view>({"label", "roles", "keypair"});

Value rolesOf(const std::vector<Role>& roles) {
  Value list = Value::array();
  for (const Role role : roles) list.push_back(text(role));
  return list;
}

// The [[key]] tables of a keyring or of a file of secret keys.
std::vector<const toml::table*> keyTables(const toml::table& root, Mistakes& mistakes) {
  TableReader reader(root, "the file", kFileKeys, mistakes);
  const auto version = reader.required("version");
  if (version && *version != kVersion) {
    reader.mistake("version",
                   fmt::format("`version` is \"{}\": expected \"{}\"", *version, kVersion));
  }
  return reader.tables("key", kKeysMax);
}

// Reads the base64 value of `key`, which must be `size` bytes.
std::optional<std::string> readBytes(TableReader& reader, std::string_view key, std::size_t size) {
  const auto encoded = reader.required(key);
  if (!encoded) return std::nullopt;
  auto bytes = decodeBase64(*encoded);
  if (bytes && bytes->size() == size) return bytes;
  reader.mistake(key, fmt::format("`{}`: expected {} bytes in base64", key, size));
  return std::nullopt;
}

KeyEntry readEntry(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, "[[key]]", kEntryKeys, mistakes);
  KeyEntry entry;
  entry.label = reader.required("label").value_or("");
  entry.roles = readRoles(reader, "roles");
  entry.label_signature = reader.nonEmpty("labelSignature");
  const auto key = readBytes(reader, "key", kKeyBytes);
  if (!key) return entry;
  entry.key = encodeBase64(*key);
  if (entry.label_signature &&
      !isSignedBy(*key, entry.label, decodeBase64(*entry.label_signature).value_or(""))) {
    reader.mistake("labelSignature", fmt::format("`labelSignature` isn't of the label \"{}\" by "
                                                 "its key: somebody else named this key",
                                                 entry.label));
  }
  return entry;
}

SecretKey readSecret(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, "[[key]]", kSecretKeys, mistakes);
  SecretKey key;
  key.label = reader.required("label").value_or("");
  key.roles = readRoles(reader, "roles");
  if (const auto pair = readBytes(reader, "keypair", 2 * kKeyBytes)) {
    key.secret = pair->substr(0, kKeyBytes);
    const auto public_key = publicKeyOf(key.secret);
    if (!public_key || *public_key != pair->substr(kKeyBytes)) {
      reader.mistake("keypair", "`keypair`: its two keys don't belong together");
    }
  }
  return key;
}

}  // namespace

bool Keyring::grants(std::string_view key, Role role) const {
  return std::ranges::any_of(keys, [&](const KeyEntry& entry) {
    return entry.key == key && std::ranges::find(entry.roles, role) != entry.roles.end();
  });
}

Result<Keyring> parseKeyring(std::string_view text, Format format, const std::string& name) {
  Mistakes mistakes(name);
  Keyring keyring;
  if (const auto root = read(text, format, mistakes)) {
    for (const toml::table* table : keyTables(*root, mistakes)) {
      keyring.keys.push_back(readEntry(*table, mistakes));
    }
  }
  if (!mistakes.none()) return std::unexpected(errorOf(mistakes));
  return keyring;
}

Value valueOf(const Keyring& keyring) {
  Value list = Value::array();
  for (const KeyEntry& entry : keyring.keys) {
    Value table{{"label", entry.label}, {"roles", rolesOf(entry.roles)}, {"key", entry.key}};
    if (entry.label_signature) table["labelSignature"] = *entry.label_signature;
    list.push_back(std::move(table));
  }
  return Value{{"version", kVersion}, {"key", std::move(list)}};
}

bool SecretKey::has(Role role) const { return std::ranges::find(roles, role) != roles.end(); }

Result<SecretKey> generateKey(std::string label, std::vector<Role> roles) {
  auto secret = generateSecret();
  if (!secret) return std::unexpected(secret.error());
  return SecretKey{std::move(label), std::move(roles), *std::move(secret)};
}

Result<KeyEntry> publicEntryOf(const SecretKey& key) {
  const auto public_key = publicKeyOf(key.secret);
  if (!public_key) return std::unexpected(public_key.error());
  const auto signature = signBytes(key.secret, key.label);
  if (!signature) return std::unexpected(signature.error());
  return KeyEntry{key.label, key.roles, encodeBase64(*public_key), encodeBase64(*signature)};
}

Result<std::vector<SecretKey>> parseSecretKeys(std::string_view text, const std::string& name) {
  Mistakes mistakes(name);
  std::vector<SecretKey> keys;
  if (const auto root = read(text, Format::kToml, mistakes)) {
    for (const toml::table* table : keyTables(*root, mistakes)) {
      keys.push_back(readSecret(*table, mistakes));
    }
  }
  if (!mistakes.none()) return std::unexpected(errorOf(mistakes));
  return keys;
}

Result<std::string> writeSecretKeys(const std::vector<SecretKey>& keys) {
  Value list = Value::array();
  for (const SecretKey& key : keys) {
    const auto public_key = publicKeyOf(key.secret);
    if (!public_key) return std::unexpected(public_key.error());
    list.push_back(Value{{"label", key.label},
                         {"keypair", encodeBase64(key.secret + *public_key)},
                         {"roles", rolesOf(key.roles)}});
  }
  return write(Value{{"version", kVersion}, {"key", std::move(list)}}, Format::kToml);
}

Result<Keyring> loadKeyring(const std::string& path) {
  const auto text = readFile(path, kDocumentBytesMax);
  if (!text) return std::unexpected(text.error());
  return parseKeyring(*text, Format::kToml, path);
}

Result<std::vector<SecretKey>> loadSecretKeys(const std::string& path) {
  const auto text = readFile(path, kDocumentBytesMax);
  if (!text) return std::unexpected(text.error());
  return parseSecretKeys(*text, path);
}

Result<void> saveSecretKeys(const std::string& path, const std::vector<SecretKey>& keys) {
  const auto text = writeSecretKeys(keys);
  if (!text) return std::unexpected(text.error());
  return writeNewFile(path, *text, 0600);
}

}  // namespace wagi::bindle
