// Reads and writes the documents in which Bindle's files and messages are: TOML, or JSON for a
// client that asks for it.
//
// Both are read into one type of table and written from one type of value, so that their content
// can't differ.
#pragma once

#include <cstddef>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/toml_reader.h"

namespace wagi::bindle {

enum class Format { kToml, kJson };

inline constexpr std::size_t kDocumentBytesMax = 4 << 20;
inline constexpr int kDocumentDepthMax = 16;

// An object whose members keep their order. A null is left out when it is written.
using Value = nlohmann::ordered_json;
using Texts = std::map<std::string, std::string>;

// Writes a document; bytes of its texts that aren't UTF-8 become U+FFFD. REQUIRES: `value` is an
// object.
[[nodiscard]] std::string write(const Value& value, Format format);

// Reads a document. nullopt means that `text` isn't one, and a mistake is noted. A null of JSON
// counts as absent. Values from JSON have no places.
[[nodiscard]] std::optional<toml::table> read(std::string_view text, Format format,
                                              config::Mistakes& mistakes,
                                              std::size_t bytes_max = kDocumentBytesMax);

// The mistakes as an error: the first few of them, a line each.
[[nodiscard]] Error errorOf(config::Mistakes& mistakes);

}  // namespace wagi::bindle
