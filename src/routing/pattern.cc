#include "routing/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace wagi::routing {
namespace {

constexpr std::string_view kRest = "/...";

bool isControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

Result<Pattern> Pattern::parse(std::string_view text) {
  if (!text.starts_with('/')) return fail(fmt::format("the route `{}` must begin with '/'", text));
  if (std::ranges::any_of(text, isControl)) {
    return fail("a route must not contain control characters");
  }
  const std::size_t base = text.ends_with(kRest) ? text.size() - kRest.size() : text.size();
  if (text.substr(0, base).find("...") != std::string_view::npos) {
    return fail(fmt::format(
        "the route `{}` has `...` where it means nothing: it must be the last segment, as in "
        "`/path/...`",
        text));
  }
  return Pattern(std::string(text), base);
}

std::string_view Pattern::scriptName() const { return base_ == 0 ? "/" : base(); }

bool Pattern::matches(std::string_view path) const {
  if (!path.starts_with(base())) return false;
  if (path.size() == base_) return base_ != 0;
  return isPrefix() && path[base_] == '/';
}

std::string_view Pattern::remainder(std::string_view path) const {
  assert(matches(path));
  return path.substr(std::min(base_, path.size()));
}

Result<Pattern> Pattern::append(std::string_view subpath) const {
  std::string_view parent = base();
  if (parent.ends_with('/')) parent.remove_suffix(1);
  while (subpath.starts_with('/')) subpath.remove_prefix(1);
  return parse(fmt::format("{}/{}", parent, subpath));
}

}  // namespace wagi::routing
