#include "supply/bindle/version.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace wagi::bindle {
namespace {

bool isDigits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, isDigit); }

// A number without leading zeros.
std::optional<std::uint64_t> parseNumber(std::string_view text) {
  if (!isDigits(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find_first_of(separators);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

constexpr Alphabet kIdentifierCharacters("-");

bool isIdentifier(std::string_view text) {
  return !text.empty() && kIdentifierCharacters.hasAll(text);
}

// The identifiers of a pre-release or of build metadata; empty where one of them is malformed.
std::vector<std::string> parseIdentifiers(std::string_view text, bool is_pre) {
  std::vector<std::string> identifiers;
  for (const std::string_view part : split(text, ".")) {
    if (!isIdentifier(part)) return {};
    if (is_pre && isDigits(part) && !parseNumber(part)) return {};
    identifiers.emplace_back(part);
  }
  return identifiers;
}

std::strong_ordering compareIdentifiers(const std::string& left, const std::string& right) {
  const bool left_is_number = isDigits(left);
  const bool right_is_number = isDigits(right);
  if (left_is_number != right_is_number) {
    return left_is_number ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (left_is_number && left.size() != right.size()) return left.size() <=> right.size();
  return left <=> right;
}

// One comparator: an operator and a version whose later numbers may be absent.
struct Comparator {
  std::string_view op;  // "", "=", "<", "<=", ">", ">=", "~", "^"
  std::optional<std::uint64_t> major, minor, patch;
  std::vector<std::string> pre;

  [[nodiscard]] Version lowest() const {
    return {major.value_or(0), minor.value_or(0), patch.value_or(0), pre, {}};
  }
};

bool isWildcard(std::string_view part) { return part == "*" || part == "x" || part == "X"; }

std::optional<Comparator> parseComparator(std::string_view text) {
  Comparator comparator;
  for (const std::string_view op : {">=", "<=", ">", "<", "=", "~", "^"}) {
    if (!text.starts_with(op)) continue;
    comparator.op = op;
    text.remove_prefix(op.size());
    break;
  }
  const std::string_view with_pre = text.substr(0, text.find('+'));
  const std::string_view numbers = with_pre.substr(0, with_pre.find('-'));
  const auto parts = split(numbers, ".");
  std::optional<std::uint64_t>* const targets[] = {&comparator.major, &comparator.minor,
                                                   &comparator.patch};
  if (parts.size() > 3) return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (isWildcard(parts[i])) continue;
    if (i > 0 && !*targets[i - 1]) return std::nullopt;  // A number behind a wildcard: "*.2".
    *targets[i] = parseNumber(parts[i]);
    if (!*targets[i]) return std::nullopt;
  }
  if (numbers.size() == with_pre.size()) return comparator;
  comparator.pre = parseIdentifiers(with_pre.substr(numbers.size() + 1), true);
  if (comparator.pre.empty() || !comparator.patch) return std::nullopt;
  return comparator;
}

// The least version above all that begin with these numbers.
Version above(const Comparator& wanted) {
  if (wanted.patch) return {*wanted.major, *wanted.minor, *wanted.patch + 1, {}, {}};
  if (wanted.minor) return {*wanted.major, *wanted.minor + 1, 0, {}, {}};
  return {wanted.major.value_or(0) + 1, 0, 0, {}, {}};
}

// The bound of "^", which keeps the leftmost number that isn't 0.
Version aboveCaret(const Comparator& wanted) {
  if (*wanted.major > 0 || !wanted.minor) return {*wanted.major + 1, 0, 0, {}, {}};
  if (*wanted.minor > 0 || !wanted.patch) return {0, *wanted.minor + 1, 0, {}, {}};
  return {0, 0, *wanted.patch + 1, {}, {}};
}

// Compares the three numbers only, so that 2.0.0-rc.1 isn't below 2.
bool isBelow(const Version& version, const Version& bound) {
  return std::tie(version.major, version.minor, version.patch) <
         std::tie(bound.major, bound.minor, bound.patch);
}

bool isWithin(const Version& version, const Comparator& wanted) {
  const bool any = !wanted.major;
  const Version least = wanted.lowest();
  if (wanted.op == "<") return !any && version < least;
  if (wanted.op == "<=") {
    return any || (wanted.patch ? version <= least : isBelow(version, above(wanted)));
  }
  if (wanted.op == ">") {
    return !any && (wanted.patch ? version > least : !isBelow(version, above(wanted)));
  }
  if (wanted.op == ">=") return any || version >= least;
  if (any) return true;
  if (wanted.op == "=") {
    return wanted.patch ? version == least : version >= least && isBelow(version, above(wanted));
  }
  if (wanted.op == "~") {
    Comparator minor = wanted;
    minor.patch.reset();
    return version >= least && isBelow(version, above(minor));
  }
  return version >= least && isBelow(version, aboveCaret(wanted));
}

// The comparators of a requirement; empty where it is malformed.
std::vector<Comparator> parseRequirement(std::string_view text) {
  std::vector<std::string> words;
  bool glued = false;  // The last word was an operator alone, as in "> 1".
  for (const std::string_view word : split(text, " \t,")) {
    if (word.empty()) continue;
    const bool is_operator = word.find_first_not_of("<>=~^") == word.npos;
    if (glued) {
      words.back().append(word);
    } else {
      words.emplace_back(word);
    }
    glued = is_operator;
  }
  std::vector<Comparator> comparators;
  // The views in them point into the literals of parseComparator, not into `words`.
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool is_range = i + 2 < words.size() && words[i + 1] == "-";
    auto first = parseComparator(words[i]);
    if (!first) return {};
    const bool is_bare = first->op.empty();
    if (is_range) {
      auto last = parseComparator(words[i + 2]);
      if (!is_bare || !last || !last->op.empty()) return {};
      first->op = ">=";
      last->op = "<=";
      comparators.push_back(*std::move(last));
      i += 2;
    } else if (is_bare) {
      first->op = words[i].find_first_of("*xX") == std::string::npos ? "^" : "=";
    }
    comparators.push_back(*std::move(first));
  }
  return comparators;
}

}  // namespace

Result<Version> Version::parse(std::string_view text) {
  const auto bad = [&] {
    return fail(fmt::format("\"{}\" is no semantic version such as 1.2.3", text));
  };
  const std::size_t plus = text.find('+');
  const std::string_view with_pre = text.substr(0, plus);
  const std::string_view numbers = with_pre.substr(0, with_pre.find('-'));
  Version version;
  if (plus != text.npos) {
    version.build = text.substr(plus + 1);
    if (parseIdentifiers(version.build, false).empty()) return bad();
  }
  if (numbers.size() != with_pre.size()) {
    version.pre = parseIdentifiers(with_pre.substr(numbers.size() + 1), true);
    if (version.pre.empty()) return bad();
  }
  const auto parts = split(numbers, ".");
  if (parts.size() != 3) return bad();
  const auto major = parseNumber(parts[0]);
  const auto minor = parseNumber(parts[1]);
  const auto patch = parseNumber(parts[2]);
  if (!major || !minor || !patch) return bad();
  version.major = *major;
  version.minor = *minor;
  version.patch = *patch;
  return version;
}

std::strong_ordering operator<=>(const Version& left, const Version& right) {
  const auto numbers = std::tie(left.major, left.minor, left.patch) <=>
                       std::tie(right.major, right.minor, right.patch);
  if (numbers != 0) return numbers;
  if (left.pre.empty() || right.pre.empty()) return right.pre.size() <=> left.pre.size();
  return std::lexicographical_compare_three_way(left.pre.begin(), left.pre.end(), right.pre.begin(),
                                                right.pre.end(), compareIdentifiers);
}

bool operator==(const Version& left, const Version& right) { return (left <=> right) == 0; }

Result<bool> fulfills(const Version& version, std::string_view requirement) {
  if (requirement.find_first_not_of(" \t") == requirement.npos) return true;
  if (const auto exact = Version::parse(requirement)) {
    return version == *exact && version.build == exact->build;
  }
  const auto comparators = parseRequirement(requirement);
  if (comparators.empty()) {
    return fail(
        fmt::format("\"{}\" is no requirement of a version such as ^1.2 or >=1.0.0", requirement));
  }
  const auto names_this_pre = [&](const Comparator& wanted) {
    return !wanted.pre.empty() && wanted.major == version.major && wanted.minor == version.minor &&
           wanted.patch == version.patch;
  };
  if (!version.pre.empty() && std::ranges::none_of(comparators, names_this_pre)) return false;
  return std::ranges::all_of(comparators,
                             [&](const Comparator& wanted) { return isWithin(version, wanted); });
}

}  // namespace wagi::bindle
