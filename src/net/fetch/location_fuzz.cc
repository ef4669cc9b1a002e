// Fuzzes the reader of a Location: the URL that is followed must read back as the same, and have
// another host than the base only where the text names that host.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "net/fetch/url.h"

using wagi::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using wagi::fetch::Url;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const Url base = Url::parse("https://registry.example:5000/v2/a?b").value();
  const auto url = base.resolve(text);
  if (!url) {
    require(!url.error().message.empty());
    return 0;
  }
  const auto again = Url::parse(url->text());
  require(again && again->origin() == url->origin() && again->text() == url->text());
  require(url->text().find_first_of("\\# \t\r\n") == std::string::npos);
  if (url->origin() == base.origin()) return 0;
  const auto named = Url::parse(text.starts_with("//") ? "https:" + std::string(text) : text);
  require(named && named->origin() == url->origin());
  return 0;
}
