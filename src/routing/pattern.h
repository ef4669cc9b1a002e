// What a `route` stands for: one path, or a path with everything below it.
//
// Matching is on the path as the client sent it, still percent-encoded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::routing {

// Built into every server, answers 200 and wins over any route.
inline constexpr std::string_view kHealthPath = "/healthz";

// An immutable value. "/path" matches itself only; "/path/..." matches "/path", "/path/" and
// "/path/x", never "/pathx"; "/..." matches every path.
class Pattern {
 public:
  // Fails, in words, unless `text` begins with '/', has "..." nowhere but as its last segment, and
  // is free of control characters.
  [[nodiscard]] static Result<Pattern> parse(std::string_view text);

  // As configured, with its "/...".
  [[nodiscard]] const std::string& text() const { return text_; }
  // Without "/...": what a path must equal, or begin with. Empty for "/...".
  [[nodiscard]] std::string_view base() const { return std::string_view(text_).substr(0, base_); }
  [[nodiscard]] bool isPrefix() const { return base_ != text_.size(); }
  // base(), which for "/..." is "/": the guest's SCRIPT_NAME.
  [[nodiscard]] std::string_view scriptName() const;

  [[nodiscard]] bool matches(std::string_view path) const;
  // What is left of `path` after the route: empty, or beginning with '/'. REQUIRES: matches(path).
  [[nodiscard]] std::string_view remainder(std::string_view path) const;

  // This route with `subpath` behind it, one slash between them: "/a/..." and "b" give "/a/b". The
  // "/..." or '/' at the end of this route is dropped first.
  [[nodiscard]] Result<Pattern> append(std::string_view subpath) const;

 private:
  Pattern(std::string text, std::size_t base) : text_(std::move(text)), base_(base) {}

  std::string text_;
  std::size_t base_;  // Length of base() in text_.
};

}  // namespace wagi::routing
