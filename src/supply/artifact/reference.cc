#include "supply/artifact/reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/percent.h"

namespace wagi::artifact {
namespace {

bool isSchemeCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
}

// The scheme of a URL (RFC 3986 3.1), or nothing for a plain path.
std::optional<std::string> schemeOf(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string scheme(text.substr(0, colon));
  if (std::isalpha(static_cast<unsigned char>(scheme[0])) == 0) return std::nullopt;
  if (!std::all_of(scheme.begin(), scheme.end(), isSchemeCharacter)) return std::nullopt;
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
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
