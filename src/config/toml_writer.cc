#include "config/toml_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "base/utf8.h"

namespace wagi::config {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
constexpr Alphabet kBareKey("_-");

}  // namespace

std::string tomlString(std::string_view text) {
  std::string quoted = "\"";
  while (!text.empty()) {
    const std::size_t length = utf8SequenceLength(text);
    const char c = text[0];
    if (length == 0) {
      quoted.append(kReplacement);
    } else if (c == '"' || c == '\\') {
      quoted.append({'\\', c});
    } else if (c == '\n') {
      quoted.append("\\n");
    } else if (c == '\t') {
      quoted.append("\\t");
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      fmt::format_to(std::back_inserter(quoted), "\\u{:04X}", static_cast<unsigned>(c));
    } else {
      quoted.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  quoted.push_back('"');
  return quoted;
}

std::string tomlKey(std::string_view name) {
  const bool is_bare = !name.empty() && kBareKey.hasAll(name);
  return is_bare ? std::string(name) : tomlString(name);
}

std::string tomlStrings(const std::vector<std::string>& values) {
  std::string list = "[";
  for (const std::string& value : values) {
    if (list.size() > 1) list.append(", ");
    list.append(tomlString(value));
  }
  return list + "]";
}

void TomlWriter::table(std::string_view path) {
  fmt::format_to(std::back_inserter(text_), "{}[{}]\n", text_.empty() ? "" : "\n", path);
}

void TomlWriter::tableOfList(std::string_view path) {
  fmt::format_to(std::back_inserter(text_), "{}[[{}]]\n", text_.empty() ? "" : "\n", path);
}

void TomlWriter::number(std::string_view key, std::uint64_t value) {
  raw(key, fmt::to_string(value));
}

void TomlWriter::raw(std::string_view key, std::string_view value) {
  fmt::format_to(std::back_inserter(text_), "{} = {}\n", tomlKey(key), value);
}

}  // namespace wagi::config
