// Makes the version of a bindle that is made of a project folder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wagi::hippo {

// "VERSION-SUFFIX", with a '-' in place of each character that SemVer doesn't allow (SemVer 9).
[[nodiscard]] std::string suffixedVersion(std::string_view version, std::string_view suffix);

// A version with the user and the time (UTC, to the millisecond) as its suffix, so that each is
// new: "1.2.3-user-20260102030405678". Where `user` is "", the suffix is the time alone.
[[nodiscard]] std::string developmentVersion(std::string_view version, std::string_view user,
                                             std::int64_t ms_since_1970);

}  // namespace wagi::hippo
