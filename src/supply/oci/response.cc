#include "supply/oci/response.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/printable.h"
#include "supply/oci/json.h"

namespace wagi::oci {
namespace {

using Json = nlohmann::json;

constexpr int kNotFound = 404, kTooManyRequests = 429;

// The first error in the body, or else the body's type.
std::string explanationIn(const fetch::Response& response) {
  const Json json = parseJson(response.body);
  const auto errors = json.is_object() ? json.find("errors") : json.end();
  if (json.is_object() && errors != json.end() && errors->is_array() && !errors->empty() &&
      errors->front().is_object()) {
    const Json& first = errors->front();
    return printable(fmt::format("{}: {}", textIn(first, "code"), textIn(first, "message")));
  }
  const std::string_view type = response.header("content-type");
  if (type.empty() || response.body.empty()) return {};
  return fmt::format("with {}, as no registry does", printable(type));
}

}  // namespace

RegistryError refusalIn(const fetch::Response& response, const fetch::Request& request) {
  const bool is_busy = response.status == kTooManyRequests || response.status >= 500;
  const auto kind = response.status == kNotFound ? RegistryError::Kind::kNotFound
                    : is_busy                    ? RegistryError::Kind::kUnreachable
                                                 : RegistryError::Kind::kOther;
  const std::string explanation = explanationIn(response);
  return {kind, fmt::format("{} {}: HTTP status {}{}{}", request.method,
                            fetch::withoutCredentials(request.url), response.status,
                            explanation.empty() ? "" : ", ", explanation)};
}

std::optional<std::uint64_t> fileSize(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? std::nullopt : std::optional<std::uint64_t>(size);
}

void discard(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

}  // namespace wagi::oci
