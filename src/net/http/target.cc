#include "net/http/target.h"

#include <algorithm>

#include "base/percent.h"
#include "base/scheme.h"

namespace wagi::http {
namespace {

// `text` is a path with an optional query.
std::optional<Target> splitQuery(std::string_view text) {
  Target target{.path = text, .query = {}, .authority = {}};
  if (const std::size_t mark = text.find('?'); mark != text.npos) {
    target.path = text.substr(0, mark);
    target.query = text.substr(mark + 1);
  }
  // Programs and proxies disagree on what a '%' means that begins no escape. A query is left alone,
  // since browsers send them unescaped.
  if (!isEscapedWell(target.path)) return std::nullopt;
  return target;
}

std::optional<Authority> parseHost(std::string_view text) {
  auto authority = parseAuthority(text);
  if (authority && authority->host.empty()) return std::nullopt;  // RFC 9110 4.2.1
  return authority;
}

std::optional<Target> parseAbsolute(std::string_view method, std::string_view rest) {
  const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
  auto target = splitQuery(rest.substr(end));
  if (!target) return std::nullopt;
  target->authority = parseHost(rest.substr(0, end));
  if (!target->authority) return std::nullopt;
  if (target->path.empty()) {
    const bool whole_server = method == "OPTIONS" && !target->query;  // RFC 9112 3.2.4
    target->path = whole_server ? "*" : "/";
  }
  return target;
}

}  // namespace

std::optional<Target> parseTarget(std::string_view method, std::string_view text) {
  if (method == "CONNECT") {  // RFC 9112 3.2.3
    const auto authority = parseHost(text);
    if (!authority || !authority->port) return std::nullopt;
    return Target{.path = {}, .query = {}, .authority = authority};
  }
  if (text.contains('#')) return std::nullopt;  // A fragment is the client's own.
  if (text.starts_with('/')) return splitQuery(text);
  if (text == "*") {
    if (method != "OPTIONS") return std::nullopt;
    return Target{.path = text, .query = {}, .authority = {}};
  }
  return takeScheme(text) ? parseAbsolute(method, text) : std::nullopt;
}

}  // namespace wagi::http
