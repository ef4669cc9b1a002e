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

// What a pattern's wildcards do with names that begin with a dot.
enum class Hidden {
  kByNameOnly,  // As in a shell: only a part that begins with a dot itself matches them.
  kAsOthers,
};

// The names in a path below a folder, without those that are empty or ".". Fails, in words, for
// what leaves the folder (an absolute path, ".."), for NUL, and for what names nothing.
[[nodiscard]] Result<std::vector<std::string>> partsOf(std::string_view path);

// These names with slashes between them.
[[nodiscard]] Result<std::string> normalPath(std::string_view path);

// An immutable value. Within a name, "*" stands for any characters, "?" for one, "[a-z]" and
// "[!a-z]" for one of these or none of these; a part "**" stands for any number of folders, and at
// the end for everything below. Everything else, '\' too, stands for itself.
//
// A path is matched part by part, so that a walk of folders sees how far it has to go: its position
// is the set of parts that may come next, which never grows past the pattern.
class Glob {
 public:
  // Fails where partsOf() does, for "**" beside other characters, for "[" without "]", and past the
  // limits above.
  [[nodiscard]] static Result<Glob> parse(std::string_view text, Hidden hidden);

  [[nodiscard]] const std::string& text() const { return text_; }
  // The path, where it has no wildcard.
  [[nodiscard]] std::optional<std::string> literal() const;

  using Position = std::vector<std::size_t>;  // Indexes of parts; their count is the end.
  [[nodiscard]] Position start() const;
  // The position behind the name `name`. kDirectly takes no "**" for it: where folders are symbolic
  // links, so that nobody walks in circles.
  enum class Step { kAny, kDirectly };
  [[nodiscard]] Position step(const Position& at, std::string_view name, Step step) const;
  [[nodiscard]] bool isEnd(const Position& at) const;   // What led here matches.
  [[nodiscard]] bool goesOn(const Position& at) const;  // Something below may match.

  // A relative path, without "." and "..".
  [[nodiscard]] bool matches(std::string_view path) const;

 private:
  Glob(std::string text, Hidden hidden) : text_(std::move(text)), hidden_(hidden) {}
  void add(Position& position, std::size_t part) const;

  std::string text_;
  Hidden hidden_;
  std::vector<std::string> parts_;
};

}  // namespace wagi::glob
