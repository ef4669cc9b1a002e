// The policy that says which artifacts must be signed, and by which keys.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supply/trust/key.h"

namespace wagi::trust {

// A signature that came with an artifact.
struct Signature {
  std::string payload;  // The signed text (payload.h).
  std::string bytes;    // As PublicKey::verifies() takes it.
};

// The rules of [trust] with the keys that they name. A value, which is copied into the process that
// fetches.
class Policy {
 public:
  // Every artifact whose "registry/repository" matches `pattern` needs a signature by one of
  // `keys`. In a pattern "*" stands for any characters.
  struct Rule {
    std::string pattern;
    std::vector<std::string> keys;  // Names of keys.
  };

  // Adds a key. REQUIRES: no other has that name.
  void add(std::string name, PublicKey key);
  // Adds a rule. REQUIRES: the keys that it names were added.
  void add(Rule rule);

  [[nodiscard]] bool needsSignature(std::string_view name) const;
  // Fails unless each rule that matches `name` has its signature. `digest` ("sha256:HEX") is that
  // of the manifest that the reference stands for. The error says what is missing and what came.
  [[nodiscard]] Result<void> check(std::string_view name, std::string_view digest,
                                   const std::vector<Signature>& signatures) const;

 private:
  struct Key {
    std::string name;
    PublicKey key;
  };
  std::vector<Key> keys_;
  std::vector<Rule> rules_;
};

// Whether `text` matches a rule's pattern.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

}  // namespace wagi::trust
