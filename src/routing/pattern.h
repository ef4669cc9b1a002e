// The pattern of a route: one path, or a path with everything below it.
//
// Patterns match the path as the client sent it, still percent-encoded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::routing {

// The path of the health check, which every server answers with 200 whatever its routes are.
inline constexpr std::string_view kHealthPath = "/healthz";

// An immutable value. "/path" matches itself only; "/path/..." matches "/path", "/path/" and
// "/path/x", never "/pathx"; "/..." matches every path.
class Pattern {
 public:
  // Fails, in words, unless `text` begins with '/', has "..." nowhere but as its last segment, and
  // is free of control characters.
  [[nodiscard]] static Result<Pattern> parse(std::string_view text);

  // The pattern as configured, with its "/...".
  [[nodiscard]] const std::string& text() const { return text_; }
  // The pattern without its "/...", which a path must equal or begin with. Empty for "/...".
  [[nodiscard]] std::string_view base() const { return std::string_view(text_).substr(0, base_); }
  [[nodiscard]] bool isPrefix() const { return base_ != text_.size(); }
  // The guest's SCRIPT_NAME: base(), but "/" for "/...".
  [[nodiscard]] std::string_view scriptName() const;

  [[nodiscard]] bool matches(std::string_view path) const;
  // The part of `path` behind base(): empty, or beginning with '/'. REQUIRES: matches(path).
  [[nodiscard]] std::string_view remainder(std::string_view path) const;

  // The pattern of a subroute: `subpath` behind this one without its "/..." or '/' at the end, with
  // one slash between them. "/a/..." and "b" give "/a/b".
  [[nodiscard]] Result<Pattern> append(std::string_view subpath) const;

 private:
  Pattern(std::string text, std::size_t base) : text_(std::move(text)), base_(base) {}

  std::string text_;
  std::size_t base_;  // Length of base() in text_.
};

}  // namespace wagi::routing
