// Patterns of file names below one folder, as HIPPOFACTS and spin.toml write them.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wagi::glob {

inline constexpr std::size_t kPatternBytesMax = 4096;
inline constexpr std::size_t kPatternPartsMax = 64;

// Whether a pattern's wildcards match names that begin with a dot.
enum class Hidden {
  kByNameOnly,  // No, as in a shell: only a part that begins with a dot itself matches such a name.
  kAsOthers,    // Yes.
};

// Splits a path below a folder into its names, without those that are empty or ".". Fails for a
// path that leaves the folder (absolute, or with ".."), has a NUL, or names nothing.
[[nodiscard]] Result<std::vector<std::string>> partsOf(std::string_view path);

// The path as partsOf() reads it, written with one slash between names.
[[nodiscard]] Result<std::string> normalPath(std::string_view path);

// A pattern, as an immutable value. Within a name, "*" stands for any characters, "?" for one,
// "[a-z]" for one of these and "[!a-z]" for one of the others; a part "**" stands for any number of
// folders, and at the end for everything below. All else, '\' too, stands for itself.
//
// A path is matched part by part, so that a walk of folders knows where to stop. A position in the
// pattern is the set of its parts that may come next, which is never larger than the pattern.
class Glob {
 public:
  // Fails where partsOf() does, for "**" beside other characters, for "[" without "]", and past the
  // limits above.
  [[nodiscard]] static Result<Glob> parse(std::string_view text, Hidden hidden);

  [[nodiscard]] const std::string& text() const { return text_; }
  // The path that the pattern is, if it has no wildcard.
  [[nodiscard]] std::optional<std::string> literal() const;

  using Position = std::vector<std::size_t>;  // Indexes of parts; parts_.size() is the end.
  [[nodiscard]] Position start() const;
  // The position behind the name `name`. kDirectly lets no "**" match it: a walk uses that for a
  // symbolic link to a folder, so that it never goes in circles.
  enum class Step { kAny, kDirectly };
  [[nodiscard]] Position step(const Position& at, std::string_view name, Step step) const;
  [[nodiscard]] bool isEnd(const Position& at) const;   // Whether the path up to here matches.
  [[nodiscard]] bool goesOn(const Position& at) const;  // Whether a path below may match.

  // REQUIRES: `path` is relative, without "." and "..".
  [[nodiscard]] bool matches(std::string_view path) const;

 private:
  Glob(std::string text, Hidden hidden) : text_(std::move(text)), hidden_(hidden) {}
  void add(Position& position, std::size_t part) const;

  std::string text_;
  Hidden hidden_;
  std::vector<std::string> parts_;
};

}  // namespace wagi::glob
