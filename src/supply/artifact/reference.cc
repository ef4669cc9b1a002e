#include "supply/artifact/reference.h"

#include <fmt/format.h>

#include <optional>

#include "base/percent.h"
#include "base/text.h"

namespace wagi::artifact {
namespace {

constexpr Alphabet kSchemeCharacters("+-.");

// The scheme of a URL (RFC 3986 3.1), or nothing for a plain path.
std::optional<std::string> schemeOf(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string scheme = lowered(text.substr(0, colon));
  const bool begins_well = scheme[0] >= 'a' && scheme[0] <= 'z';
  if (!begins_well || !kSchemeCharacters.hasAll(scheme)) return std::nullopt;
  return scheme;
}

Result<Reference> checked(std::string path, std::string_view text) {
  if (path.empty()) return fail(fmt::format("'{}' names no file", text));
  if (path.find('\0') != std::string::npos) return fail("a path can't have a NUL byte in it");
  return Reference{Reference::Kind::kFile, std::move(path)};
}

}  // namespace

Result<Reference> parseReference(std::string_view text) {
  const auto scheme = schemeOf(text);
  if (!scheme) return checked(std::string(text), text);
  if (*scheme == "oci") return Reference{Reference::Kind::kOci, std::string(text)};
  if (*scheme == "bindle") return Reference{Reference::Kind::kBindle, std::string(text)};
  if (*scheme != "file") {
    return fail(fmt::format(
        "'{}': the scheme '{}:' is unknown, expected a path, file:, oci: or bindle:", text,
        *scheme));
  }
  std::string_view rest = text.substr(scheme->size() + 1);
  if (rest.starts_with("//")) rest.remove_prefix(2);
  // The one host that a file: URL may name (RFC 8089 2).
  if (rest.starts_with("localhost/")) rest.remove_prefix(std::string_view("localhost").size());
  return checked(decodePercentLeniently(rest), text);
}

}  // namespace wagi::artifact
