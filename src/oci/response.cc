#include "oci/response.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/printable.h"
#include "oci/json.h"

namespace wagi::oci {
namespace {

using Json = nlohmann::json;

constexpr int kNotFound = 404, kTooManyRequests = 429;

// What the body says, or what it is.
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

std::string_view originOf(std::string_view url) {
  const std::size_t host = url.find("://");
  if (host == std::string_view::npos) return {};
  return url.substr(0, std::min(url.find_first_of("/?#", host + 3), url.size()));
}

}  // namespace

Trouble refusalIn(const fetch::Response& response, const fetch::Request& request) {
  const bool is_busy = response.status == kTooManyRequests || response.status >= 500;
  const auto kind = response.status == kNotFound ? Trouble::Kind::kNotFound
                    : is_busy                    ? Trouble::Kind::kUnreachable
                                                 : Trouble::Kind::kOther;
  const std::string explanation = explanationIn(response);
  return {kind, fmt::format("{} {}: HTTP status {}{}{}", request.method,
                            fetch::withoutCredentials(request.url), response.status,
                            explanation.empty() ? "" : ", ", explanation)};
}

bool sameOrigin(std::string_view a, std::string_view b) {
  return !originOf(a).empty() && originOf(a) == originOf(b);
}

bool isLoopback(std::string_view url) {
  const std::string_view origin = originOf(url);
  const std::string_view host = origin.substr(std::min(origin.find("://") + 3, origin.size()));
  for (const std::string_view own : {"localhost", "127.0.0.1", "[::1]"}) {
    if (host == own || (host.starts_with(own) && host[own.size()] == ':')) return true;
  }
  return false;
}

std::string encodeQuery(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || std::string_view("-._~").contains(c)) {
      encoded.push_back(c);
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
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
