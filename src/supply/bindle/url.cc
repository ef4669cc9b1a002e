#include "supply/bindle/url.h"

#include <algorithm>

#include "base/percent.h"

namespace wagi::bindle {
namespace {

std::optional<std::string> decodeForm(std::string text) {
  std::ranges::replace(text, '+', ' ');
  return decodePercent(text);
}

}  // namespace

std::string encodePath(std::string_view text) { return encodePercent(text, "/+@"); }

std::optional<Query> parseQuery(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(pair.size() + 1, text.size()));
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    auto name = decodeForm(std::string(pair.substr(0, equals)));
    auto value = equals == pair.npos ? std::optional<std::string>("")
                                     : decodeForm(std::string(pair.substr(equals + 1)));
    if (!name || !value) return std::nullopt;
    query.emplace_back(*std::move(name), *std::move(value));
  }
  return query;
}

}  // namespace wagi::bindle
