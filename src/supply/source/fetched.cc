#include "supply/source/fetched.h"

#include <fmt/format.h>

#include "supply/artifact/message.h"
#include "supply/source/values.h"

namespace wagi::source {

template <config::Either<Fetched> T>
auto fieldsOf(T& fetched) {
  auto& [paths, errors, application, warnings] = fetched;
  return std::tuple(config::Field("paths", paths), config::Field("errors", errors),
                    config::Field("application", application), config::Field("warnings", warnings));
}

std::string Fetched::serialize() const { return artifact::writeMessage(toJson(*this)); }

Result<Fetched> Fetched::deserialize(std::string_view bytes) {
  const auto json = artifact::readMessage(bytes);
  try {
    Fetched fetched;
    fromJson(json, fetched);
    return fetched;
  } catch (const Json::exception& error) {
    return fail(fmt::format("the process that fetches answered nonsense: {}", error.what()));
  }
}

}  // namespace wagi::source
