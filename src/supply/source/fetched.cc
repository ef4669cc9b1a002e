#include "supply/source/fetched.h"

#include <fmt/format.h>

#include "supply/source/values.h"

namespace wagi::source {

template <config::Either<Fetched> T>
auto fieldsOf(T& fetched) {
  auto& [paths, errors, application, warnings] = fetched;
  return std::tuple(config::Field("paths", paths), config::Field("errors", errors),
                    config::Field("application", application), config::Field("warnings", warnings));
}

// Writes CBOR, since a path may have bytes that aren't UTF-8, which JSON can't hold.
std::string Fetched::serialize() const {
  std::string bytes;
  Json::to_cbor(toJson(*this), bytes);
  return bytes;
}

Result<Fetched> Fetched::deserialize(std::string_view bytes) {
  const auto json = Json::from_cbor(bytes, /*strict=*/true, /*allow_exceptions=*/false);
  try {
    Fetched fetched;
    fromJson(json, fetched);
    return fetched;
  } catch (const Json::exception& error) {
    return fail(fmt::format("the process that fetches answered nonsense: {}", error.what()));
  }
}

}  // namespace wagi::source
