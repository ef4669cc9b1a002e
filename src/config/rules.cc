#include "config/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <utility>

#include "base/percent.h"
#include "net/outbound/allowed_hosts.h"
#include "routing/pattern.h"

namespace wagi::config {
namespace {

// Bytes that no path of a request has: they end it, or must come percent-encoded.
constexpr std::string_view kNeverInPaths = " ?#";

// A guest's path as libc takes it: "/data", "data" and "/data/" are one.
std::string_view nameInGuest(std::string_view path) {
  while (path.starts_with('/') || path.starts_with("./")) path.remove_prefix(1 + (path[0] == '.'));
  while (path.ends_with('/')) path.remove_suffix(1);
  return path == "." ? "" : path;
}

}  // namespace

Result<void> checkRoute(std::string_view route) {
  if (auto pattern = routing::Pattern::parse(route); !pattern) {
    return std::unexpected(std::move(pattern.error()));
  }
  return {};
}

std::vector<std::string> warningsOfRoute(std::string_view route) {
  std::vector<std::string> warnings;
  if (route == routing::kHealthPath) {
    warnings.push_back(
        fmt::format("the route `{}` is never reached: the server answers there", route));
  }
  if (route.find_first_of(kNeverInPaths) != std::string_view::npos) {
    warnings.push_back(
        fmt::format("the route `{}` is never reached: a request's path has no space, '?' or '#'; "
                    "write it percent-encoded",
                    route));
  }
  if (!isEscapedWell(route)) {
    warnings.push_back(
        fmt::format("the route `{}` is never reached: in a request's path two hex digits follow "
                    "each '%'; write '%' itself as %25",
                    route));
  }
  return warnings;
}

// A program must be able to name it, where it looks for its files.
Result<void> checkGuestPath(std::string_view path, const std::vector<Volume>& others) {
  const auto unfit = [](std::string_view why) {
    return fail(fmt::format("`volumes`: a guest's path {}", why));
  };
  if (path.empty() || path.contains('\0')) return unfit("must not be empty or contain NUL");
  for (const auto part : std::views::split(path, '/')) {
    if (std::string_view(part) == "..") return unfit("must not contain `..`");
  }
  const bool taken = std::ranges::any_of(
      others, [&](const Volume& v) { return nameInGuest(v.guest) == nameInGuest(path); });
  if (taken) return unfit(fmt::format("is the same as another one's: \"{}\"", path));
  return {};
}

Result<void> checkAllowedHost(std::string_view text) {
  if (const auto host = outbound::parseAllowedHost(text); !host) {
    return fail(
        fmt::format("`allowed_hosts`: \"{}\" names no host, such as https://example.com: "
                    "{}",
                    text, host.error().message));
  }
  return {};
}

std::string concurrencyIsCut(std::uint64_t given) {
  return fmt::format("`http_max_concurrency` is {}, and {} is taken: the most", given,
                     kHttpConcurrencyMax);
}

std::vector<Diagnostic> warningsOfEqualRoutes(const std::vector<Module>& modules,
                                              std::string_view table) {
  std::vector<Diagnostic> warnings;
  std::map<std::pair<std::size_t, std::string_view>, std::uint32_t> lines;  // By site and route.
  for (const Module& module : modules) {
    if (module.route.empty()) continue;
    const auto [first, is_new] = lines.try_emplace({module.site, module.route}, module.place.line);
    if (is_new) continue;
    const std::string other = first->second == 0
                                  ? "another module"
                                  : fmt::format("the {} of line {}", table, first->second);
    warnings.push_back({module.place, fmt::format("the route `{}` is never reached: {} has the "
                                                  "same one, and the first wins",
                                                  module.route, other)});
  }
  return warnings;
}

}  // namespace wagi::config
