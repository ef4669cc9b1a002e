// Signs invoices, and verifies their signatures.
//
// The signed text is lines, joined by "\n": by, name, version, role, "~", then each parcel's
// digest. The time isn't part of it: Bindle's specification says that it is, but its code leaves it
// out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supply/bindle/invoice.h"
#include "supply/bindle/keys.h"

namespace wagi::bindle {

[[nodiscard]] std::string signedText(const Invoice& invoice, std::string_view by, Role role);

// Appends a signature to the invoice. Fails where the key has signed it before. `now` is in seconds
// since 1970.
[[nodiscard]] Result<void> sign(Invoice& invoice, const SecretKey& key, Role role,
                                std::uint64_t now);

// The signatures that an invoice must have. Some must be valid; some must be known too: their key
// is in the keyring, for their role.
struct Strategy {
  enum class Kind {
    kCreative,        // Those of creators must be valid and known; there must be one.
    kAuthoritative,   // Those of creators and approvers must be valid, and one of them known.
    kGreedy,          // All must be valid, those of creators known; there must be one of these.
    kExhaustive,      // All must be valid and known.
    kMultiple,        // Those of `roles` must be valid and known; each role must have one.
    kMultipleGreedy,  // Like kMultiple, and all others must be valid.
  };
  Kind kind = Kind::kGreedy;
  std::vector<Role> roles;  // For kMultiple and kMultipleGreedy only.
};

// Reads a strategy's name, in any case: "GreedyVerification", "MultipleAttestation[Creator, Host]".
[[nodiscard]] Result<Strategy> parseStrategy(std::string_view text);

// Verifies an invoice's signatures. The error says which one fails or is missing.
[[nodiscard]] Result<void> verify(const Invoice& invoice, const Strategy& strategy,
                                  const Keyring& keyring);

}  // namespace wagi::bindle
