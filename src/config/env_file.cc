#include "config/env_file.h"

#include <algorithm>

#include "base/text.h"

namespace wagi::config {
namespace {

std::string_view withoutExport(std::string_view line) {
  constexpr std::string_view kExport = "export";
  if (!line.starts_with(kExport)) return line;
  const std::string_view rest = line.substr(kExport.size());
  return rest.find_first_of(kBlanks) == 0 ? trim(rest) : line;
}

}  // namespace

std::expected<std::vector<EnvPair>, std::vector<Diagnostic>> parseEnvFile(std::string_view text,
                                                                          const std::string& file) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<EnvPair> pairs;
  std::vector<Diagnostic> mistakes;
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t indent = line.size() - trimLeft(line).size();
    line = trim(line);
    if (line.empty() || line.starts_with('#')) continue;

    line = withoutExport(line);
    const std::size_t equals = std::min(line.find('='), line.size());
    std::string tidy(trim(line.substr(0, equals)));
    if (equals < line.size()) tidy.append("=").append(trim(line.substr(equals + 1)));
    if (auto pair = parseEnvPair(tidy)) {
      pairs.push_back(std::move(*pair));
    } else {
      const auto column = static_cast<std::uint32_t>(indent + 1);
      mistakes.push_back({{file, number, column}, std::move(pair.error().message)});
    }
  }
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  return pairs;
}

}  // namespace wagi::config
