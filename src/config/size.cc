#include "config/size.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>

namespace wagi::config {

Result<std::uint64_t> parseSize(std::string_view text) {
  const auto mistake = [text] {
    return fail(
        fmt::format("`{}` is no size: expected one such as 1048576, \"64 KiB\" or \"1GiB\"", text));
  };
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error == std::errc::result_out_of_range) return fail(fmt::format("`{}` is too large", text));
  if (error != std::errc()) return mistake();

  std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.starts_with(' ')) {
    unit.remove_prefix(1);
    if (unit.empty()) return mistake();
  }
  if (unit.ends_with('B')) unit.remove_suffix(1);
  if (unit.empty()) return size;
  constexpr std::string_view kPrefixes = "KMGTP";
  const std::size_t power = kPrefixes.find(unit.front());
  if (power == std::string_view::npos) return mistake();
  unit.remove_prefix(1);
  if (!unit.empty() && unit != "i") return mistake();
  const std::uint64_t factor = unit.empty() ? 1000 : 1024;
  for (std::size_t i = 0; i <= power; ++i) {
    if (__builtin_mul_overflow(size, factor, &size)) {
      return fail(fmt::format("`{}` is too large", text));
    }
  }
  return size;
}

}  // namespace wagi::config
