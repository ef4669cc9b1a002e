// Which artifacts must be signed, and by whom.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supply/trust/key.h"

namespace wagi::trust {

struct Signature {
  std::string payload;  // What was signed (payload.h).
  std::string bytes;    // Raw.
};

// A value: copied into the process that fetches.
class Policy {
 public:
  // Every artifact whose "registry/repository" matches `pattern` needs a signature by one of
  // `keys`. In a pattern "*" stands for any characters.
  struct Rule {
    std::string pattern;
    std::vector<std::string> keys;  // Their names.
  };

  // REQUIRES: no key of that name is there yet.
  void add(std::string name, PublicKey key);
  // REQUIRES: the keys that it names are there.
  void add(Rule rule);

  [[nodiscard]] bool needsSignature(std::string_view name) const;
  // Whether each rule that matches has its signature. `digest` is "sha256:HEX", of the manifest
  // that the reference stands for. The error says what is missing and what came.
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

[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

}  // namespace wagi::trust
