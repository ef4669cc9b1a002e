// Fuzzes the readers of invoices (in TOML and in JSON), keyrings, ids and requirements, all with
// the same bytes. What is read must be the same when it is written and read again, and the handlers
// of an invoice must be within their limits.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>

#include "base/fuzzing.h"
#include "base/percent.h"
#include "supply/bindle/answers.h"
#include "supply/bindle/handlers.h"
#include "supply/bindle/invoice.h"
#include "supply/bindle/keys.h"
#include "supply/bindle/signatures.h"
#include "supply/bindle/url.h"
#include "supply/bindle/version.h"

using namespace wagi::bindle;
using wagi::require;

namespace {

void requireStaysTheSame(const Invoice& invoice) {
  for (const Format format : {Format::kToml, Format::kJson}) {
    const auto again = parseInvoice(write(invoice, format), format, "again");
    require(again.has_value());
    require(valueOf(*again) == valueOf(invoice));
  }
}

void requireServable(const Invoice& invoice) {
  const auto handlers = handlersOf(invoice);
  if (!handlers) return require(!handlers.error().message.empty());
  require(!handlers->empty());
  for (const Handler& handler : *handlers) {
    require(handler.route.starts_with('/'));
    require(wagi::store::parseDigest(handler.module).has_value());
    for (const auto& [path, digest] : handler.assets) {
      require(!path.starts_with('/') && path.find("../") == std::string::npos);
    }
  }
  for (const NeededParcel& needed : parcelsOf(*handlers, invoice)) {
    require(invoice.findParcel(needed.digest) != nullptr);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Format format : {Format::kToml, Format::kJson}) {
    if (const auto invoice = parseInvoice(text, format, "i")) {
      requireStaysTheSame(*invoice);
      requireServable(*invoice);
      require(!verify(*invoice, {}, {}).has_value());
    } else {
      require(!invoice.error().message.empty());
    }
    if (const auto keyring = parseKeyring(text, format, "k")) {
      const auto again = parseKeyring(write(valueOf(*keyring), format), format, "k");
      require(again.has_value() && valueOf(*again) == valueOf(*keyring));
    }
    wagi::fetch::Response response;
    response.headers = {{"content-type", format == Format::kJson ? "text/json" : "text/toml"}};
    response.body = text;
    if (const auto created = parseCreated(response)) requireStaysTheSame(created->invoice);
    std::ignore = parseMissing(response);
    std::ignore = parseMatches(response);
  }
  std::ignore = errorIn(text);
  std::ignore = parseQuery(text);
  require(wagi::decodePercent(encodePath(text)) == text);
  if (const auto id = parseId(text)) require(id->text() == text);
  if (const auto version = Version::parse(text)) {
    require(*version == *version && !(*version < *version));
    require(fulfills(*version, text).value_or(false));
  }
  std::ignore = fulfills(Version{1, 2, 3, {}, {}}, text);
  return 0;
}
