// The version that a bindle of a project folder gets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wagi::hippo {

// `version` and `suffix` with '-' between them, and in place of each character that SemVer knows no
// use for (SemVer 9).
[[nodiscard]] std::string suffixedVersion(std::string_view version, std::string_view suffix);

// As above, with the user and the time to the millisecond, so that each is new:
// "1.2.3-user-20260102030405678". Without a user, which may be empty, the time alone. In UTC.
[[nodiscard]] std::string developmentVersion(std::string_view version, std::string_view user,
                                             std::int64_t ms_since_1970);

}  // namespace wagi::hippo
