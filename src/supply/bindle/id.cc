#include "supply/bindle/id.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/sha256.h"
#include "base/utf8.h"
#include "supply/bindle/version.h"

namespace wagi::bindle {
namespace {

// Characters that would end or change a URL's path; '@' separates a name from a parcel's digest.
constexpr std::string_view kNeverInNames = " @?#%\\\"<>^`{|}";

bool isControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string Id::folder() const { return sha256Hex(text()); }

Result<void> checkName(std::string_view name) {
  if (name.empty()) return fail("a bindle's name must not be empty");
  if (name.size() > kNameBytesMax) {
    return fail(fmt::format("a bindle's name has at most {} bytes", kNameBytesMax));
  }
  if (!isUtf8(name) || std::ranges::any_of(name, isControl)) {
    return fail("a bindle's name must be text without control characters");
  }
  if (const std::size_t at = name.find_first_of(kNeverInNames); at != name.npos) {
    return fail(fmt::format("the bindle's name \"{}\" must not contain '{}'", name, name[at]));
  }
  for (const auto part : std::views::split(name, '/')) {
    const std::string_view text(part);
    if (!text.empty() && text != "." && text != "..") continue;
    return fail(
        fmt::format("the bindle's name \"{}\" must not have an empty part, \".\" or \"..\"", name));
  }
  return {};
}

Result<Id> parseId(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash == text.npos || slash == 0 || slash + 1 == text.size()) {
    return fail(
        fmt::format("\"{}\" is no bindle: expected NAME/VERSION, such as hello/1.2.3", text));
  }
  Id id{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  if (auto good = checkName(id.name); !good) return std::unexpected(good.error());
  if (auto version = Version::parse(id.version); !version) {
    return fail(fmt::format("\"{}\": {}", text, version.error().message));
  }
  return id;
}

}  // namespace wagi::bindle
