#include "routing/routes_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "base/text.h"

namespace wagi::routing {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\v\f";
constexpr std::size_t kLineBytesMax = 80;

std::string quoted(std::string_view line) {
  return fmt::format("`{}`", printable(line, kLineBytesMax));
}

std::string_view nextWord(std::string_view& line) {
  line = trimLeft(line, kWhiteSpace);
  const std::string_view word = line.substr(0, line.find_first_of(kWhiteSpace));
  line.remove_prefix(word.size());
  return word;
}

}  // namespace

Result<std::vector<Subroute>> parseRoutesOutput(std::string_view text, const Pattern& parent) {
  std::vector<Subroute> routes;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::string_view rest = line;
    const std::string_view subpath = nextWord(rest);
    if (subpath.empty()) continue;
    const std::string_view function = nextWord(rest);
    if (function.empty() || !nextWord(rest).empty()) {
      return fail(fmt::format("_routes printed {} in line {}: expected `SUBPATH FUNCTION`",
                              quoted(line), number));
    }
    auto pattern = parent.append(subpath);
    if (!pattern) {
      return fail(fmt::format("_routes printed {} in line {}, which makes no route under `{}`",
                              quoted(line), number, parent.text()));
    }
    if (routes.size() == kSubroutesMax) {
      return fail(fmt::format("_routes printed more than {} routes", kSubroutesMax));
    }
    routes.push_back({std::move(*pattern), std::string(function)});
  }
  if (routes.empty()) return fail("_routes printed no route");
  std::ranges::reverse(routes);
  return routes;
}

}  // namespace wagi::routing
