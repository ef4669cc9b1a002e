#include "config/env_pair.h"

#include <fmt/format.h>

namespace wagi::config {

Result<EnvPair> parseEnvPair(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    return fail(fmt::format("`{}` has no '=': expected NAME=VALUE", text));
  }
  const std::string_view name = text.substr(0, equals);
  std::string_view value = text.substr(equals + 1);
  const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                      value.back() == value.front();
  if (quoted) value = value.substr(1, value.size() - 2);
  if (auto good = checkVariable(name, value); !good) return std::unexpected(good.error());
  return EnvPair(name, value);
}

Result<void> checkVariable(std::string_view name, std::string_view value) {
  if (name.empty()) return fail("a variable's name must not be empty");
  if (name.contains('=')) return fail(fmt::format("the name `{}` must not contain '='", name));
  if (name.contains('\0')) return fail("a variable's name must not contain NUL");
  if (value.contains('\0'))
    return fail(fmt::format("the value of `{}` must not contain NUL", name));
  return {};
}

}  // namespace wagi::config
