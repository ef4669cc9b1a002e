#include "supply/hippo/version.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "base/text.h"

namespace wagi::hippo {
namespace {

constexpr std::int64_t kMsPerSecond = 1'000;
constexpr Alphabet kIdentifierCharacters(".");

}  // namespace

std::string suffixedVersion(std::string_view version, std::string_view suffix) {
  std::string identifier(suffix);
  std::ranges::replace_if(identifier, [](char c) { return !kIdentifierCharacters.has(c); }, '-');
  return fmt::format("{}-{}", version, identifier);
}

std::string developmentVersion(std::string_view version, std::string_view user,
                               std::int64_t ms_since_1970) {
  const std::time_t seconds = ms_since_1970 / kMsPerSecond;
  std::string name(user);
  std::ranges::replace(name, '.', '-');  // A '.' would separate identifiers, which mustn't be "".
  return suffixedVersion(version,
                         fmt::format("{}{}{:%Y%m%d%H%M%S}{:03}", name, name.empty() ? "" : "-",
                                     fmt::gmtime(seconds), ms_since_1970 % kMsPerSecond));
}

}  // namespace wagi::hippo
