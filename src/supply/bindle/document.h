// What Bindle's files and messages are written in: TOML, or JSON for who asks for it.
//
// Both are read into one table and written from one value, so that nothing is read or written
// differently in one of them.
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

// An object whose members keep their order. Null is what isn't there.
using Value = nlohmann::ordered_json;
using Texts = std::map<std::string, std::string>;

// REQUIRES: `value` is an object. What isn't UTF-8 in its texts becomes U+FFFD.
[[nodiscard]] std::string write(const Value& value, Format format);

// Nothing, and a mistake, for what isn't a document. JSON's null is what isn't there; its places
// aren't known.
[[nodiscard]] std::optional<toml::table> read(std::string_view text, Format format,
                                              config::Mistakes& mistakes,
                                              std::size_t bytes_max = kDocumentBytesMax);

// The mistakes as an error: the first few of them, a line each.
[[nodiscard]] Error errorOf(config::Mistakes& mistakes);

}  // namespace wagi::bindle
