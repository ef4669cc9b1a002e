#include "supply/oci/credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/base64.h"
#include "base/file.h"
#include "base/text.h"
#include "net/fetch/url.h"
#include "supply/oci/helper.h"
#include "supply/oci/json.h"
#include "supply/oci/reference.h"

namespace wagi::oci {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kConfigBytesMax = 1 << 20;
constexpr std::string_view kHubKey = "https://index.docker.io/v1/";
constexpr Alphabet kHelperCharacters("-_.");
constexpr std::string_view kTokenUser = "<token>";  // In place of a name: the secret is a token.

std::string directoryOf(const DockerConfig& config) {
  if (!config.directory.empty()) return config.directory;
  if (const char* own = std::getenv("DOCKER_CONFIG"); own != nullptr && *own != '\0') return own;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return fmt::format("{}/.docker", home);
  }
  return {};
}

// The registry that a key of `auths` names; "" where it names none. Docker once wrote
// "https://HOST/v1/" for HOST.
std::string registryOf(std::string_view key) {
  auto url = fetch::Url::parse(key);
  if (!url) url = fetch::Url::parse(fmt::format("https://{}", key));
  if (!url) return {};
  constexpr std::string_view kPaths[] = {"/", "/v1", "/v1/", "/v2", "/v2/"};
  if (std::ranges::find(kPaths, url->path()) == std::end(kPaths)) return {};
  const fetch::Origin& origin = url->origin();
  return isHubHost(origin.host) ? std::string(kHub) : origin.authority();
}

// The entry of a table whose keys are registries; null where there is none.
Json entryFor(std::string_view registry, const Json& config, const char* table) {
  const auto entries = config.find(table);
  if (entries == config.end() || !entries->is_object()) return {};
  if (const auto exact = entries->find(std::string(registry)); exact != entries->end()) {
    return *exact;
  }
  const std::string wanted = registryOf(registry);
  for (const auto& [key, value] : entries->items()) {
    if (!wanted.empty() && registryOf(key) == wanted) return value;
  }
  return {};
}

Result<std::optional<Credentials>> readEntry(const Json& entry) {
  Credentials credentials{textIn(entry, "username"), textIn(entry, "password"),
                          textIn(entry, "identitytoken")};
  if (const std::string auth = textIn(entry, "auth"); !auth.empty()) {
    const auto pair = decodeBase64(auth);
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) return fail("its `auth` isn't USER:PASSWORD in Base64");
    credentials.user = pair->substr(0, colon);
    credentials.password = pair->substr(colon + 1);
  }
  if (credentials.user.empty() && credentials.identity_token.empty()) return std::nullopt;
  return credentials;
}

Result<std::optional<Credentials>> askHelper(const std::string& name, std::string_view registry,
                                             const DockerConfig& config) {
  if (name.empty() || !kHelperCharacters.hasAll(name))
    return fail(fmt::format("'{}' can't be a credential helper's name", name));
  const std::string program = "docker-credential-" + name;
  const std::string server(registry == kHub ? kHubKey : registry);
  const auto answer = runHelper({program, "get"}, server, config.helper_max);
  if (!answer) return fail(fmt::format("{}: {}", program, answer.error().message));
  if (answer->exit_code != 0) {
    // Helpers print this where they have no entry.
    if (answer->output.contains("credentials not found")) return std::nullopt;
    return fail(fmt::format("{} failed with code {}", program, answer->exit_code));
  }
  const Json json = parseJson(answer->output);
  const std::string user = textIn(json, "Username");
  std::string secret = textIn(json, "Secret");
  if (user.empty()) return fail(fmt::format("{} printed no Username", program));
  if (user == kTokenUser) return Credentials{{}, {}, std::move(secret)};
  return Credentials{user, std::move(secret), {}};
}

}  // namespace

Result<std::optional<Credentials>> credentialsFor(std::string_view registry,
                                                  const DockerConfig& where) {
  const std::string path = directoryOf(where) + "/config.json";
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return std::nullopt;
  const auto bytes = readFile(path, kConfigBytesMax);
  if (!bytes) return std::unexpected(bytes.error());
  const Json config = parseJson(*bytes);
  if (!config.is_object()) return fail(fmt::format("{}: expected a JSON object", path));

  if (const Json helper = entryFor(registry, config, "credHelpers"); helper.is_string()) {
    return askHelper(helper.get<std::string>(), registry, where);
  }
  if (const Json entry = entryFor(registry, config, "auths"); entry.is_object()) {
    auto credentials = readEntry(entry);
    if (!credentials) {
      return fail(
          fmt::format("{}: the entry for {}: {}", path, registry, credentials.error().message));
    }
    // `docker login` leaves an empty entry where a helper has the secret.
    if (*credentials) return credentials;
  }
  if (const std::string helper = textIn(config, "credsStore"); !helper.empty()) {
    return askHelper(helper, registry, where);
  }
  return std::nullopt;
}

}  // namespace wagi::oci
