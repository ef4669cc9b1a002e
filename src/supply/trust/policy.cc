#include "supply/trust/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "supply/trust/payload.h"

namespace wagi::trust {

void Policy::add(std::string name, PublicKey key) {
  assert(std::ranges::find(keys_, name, &Key::name) == keys_.end());
  keys_.push_back({std::move(name), std::move(key)});
}

void Policy::add(Rule rule) { rules_.push_back(std::move(rule)); }

bool Policy::needsSignature(std::string_view name) const {
  return std::ranges::any_of(rules_, [&](const Rule& rule) { return matches(rule.pattern, name); });
}

Result<void> Policy::check(std::string_view name, std::string_view digest,
                           const std::vector<Signature>& signatures) const {
  for (const Rule& rule : rules_) {
    if (!matches(rule.pattern, name)) continue;
    std::string why = signatures.empty() ? "it has no signature" : "no signature is by that key";
    const bool is_signed = std::ranges::any_of(signatures, [&](const Signature& signature) {
      const auto verifies = [&](const Key& key) {
        return std::ranges::find(rule.keys, key.name) != rule.keys.end() &&
               key.key.verifies(signature.payload, signature.bytes);
      };
      if (!std::ranges::any_of(keys_, verifies)) return false;
      // The signature is by the right key, but may be of something else.
      const auto is_this = checkPayload(signature.payload, digest);
      if (!is_this) why = is_this.error().message;
      return is_this.has_value();
    });
    if (is_signed) continue;
    return fail(fmt::format("it must be signed by {} (the rule for `{}`), and {}",
                            fmt::join(rule.keys, " or "), rule.pattern, why));
  }
  return {};
}

// On a mismatch the last star takes one character more, so there are at most |pattern| times |text|
// steps.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace wagi::trust
