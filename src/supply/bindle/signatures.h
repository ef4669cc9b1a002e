// Signatures of invoices, and when they are enough.
//
// Signed are lines, joined by "\n": by, name, version, role, "~", then each parcel's digest. The
// time isn't, though Bindle's specification says so: its code leaves it out.
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

// Appends a signature. A key signs an invoice once: a second time is an error. `now` is in seconds
// since 1970.
[[nodiscard]] Result<void> sign(Invoice& invoice, const SecretKey& key, Role role,
                                std::uint64_t now);

// Which signatures must be valid, and which of their keys must be in the keyring for their role.
struct Strategy {
  enum class Kind {
    kCreative,        // Those of creators, of whom there is one: valid and known.
    kAuthoritative,   // Those of creators and approvers: valid, and one of them known.
    kGreedy,          // All: valid; those of creators known. The default.
    kExhaustive,      // All: valid and known.
    kMultiple,        // Those of `roles`, each of which there is: valid and known.
    kMultipleGreedy,  // As kMultiple, and all others valid.
  };
  Kind kind = Kind::kGreedy;
  std::vector<Role> roles;  // Of the last two.
};

// "GreedyVerification", "MultipleAttestation[Creator, Host]", in any case.
[[nodiscard]] Result<Strategy> parseStrategy(std::string_view text);

// The error says which signature fails, or is missing.
[[nodiscard]] Result<void> verify(const Invoice& invoice, const Strategy& strategy,
                                  const Keyring& keyring);

}  // namespace wagi::bindle
