// Parses and compares versions (Semantic Versioning 2.0.0), and requirements as npm and cargo write
// them.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wagi::bindle {

struct Version {
  std::uint64_t major = 0, minor = 0, patch = 0;
  std::vector<std::string> pre;  // The identifiers behind '-'.
  std::string build;             // The text behind '+', which comparisons ignore.

  // Parses "1.2.3" or "1.2.3-rc.1+5". The error says what is wrong.
  [[nodiscard]] static Result<Version> parse(std::string_view text);
};

// Compares by SemVer 11: a pre-release comes before its release.
[[nodiscard]] std::strong_ordering operator<=>(const Version& left, const Version& right);
[[nodiscard]] bool operator==(const Version& left, const Version& right);

// Whether `version` fulfills all comparators of `requirement` ("^1.2", "~1.2.3", ">=1 <2", "1.2.*",
// "1.2.3 - 1.5"), which are separated by commas or spaces. A whole version alone means itself;
// fewer than three numbers mean "^"; every version fulfills "". A pre-release fulfills only a
// requirement that names a pre-release of the same three numbers. Fails where `requirement` is
// malformed.
[[nodiscard]] Result<bool> fulfills(const Version& version, std::string_view requirement);

}  // namespace wagi::bindle
