#include "guest/gateway/argv.h"

#include <fmt/format.h>

namespace wagi::gateway {

Result<void> checkArgv(std::string_view text) {
  if (text.contains('\0')) return fail("`argv` must not contain NUL");
  for (std::size_t at = 0; (at = text.find("${", at)) != std::string_view::npos;) {
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) {
      return fail(fmt::format("`argv` has `{}` without its '}}'", text.substr(at)));
    }
    const std::string_view variable = text.substr(at, end + 1 - at);
    if (variable != kScriptNameVariable && variable != kArgsVariable) {
      return fail(fmt::format("`argv` has the unknown variable `{}`; there are `{}` and `{}`",
                              variable, kScriptNameVariable, kArgsVariable));
    }
    at = end + 1;
  }
  return {};
}

}  // namespace wagi::gateway
