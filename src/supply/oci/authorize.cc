// Answers a registry's 401: with user and password, or with a token that they get.
#include <fmt/format.h>

#include "base/percent.h"
#include "base/printable.h"
#include "supply/oci/challenge.h"
#include "supply/oci/json.h"
#include "supply/oci/registry.h"
#include "supply/oci/response.h"

namespace wagi::oci {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kTokenBytesMax = 256 << 10;
constexpr std::string_view kClient = "wagi";

std::unexpected<RegistryError> refused(std::string message) {
  return std::unexpected(RegistryError(RegistryError::Kind::kOther, std::move(message)));
}

}  // namespace

RegistryResult<void> Registry::authorize(const fetch::Response& response) {
  if (!fetch::sameOrigin(response.url, base_)) {
    return refused(fmt::format("{} wants credentials, and isn't the registry",
                               response.url.substr(0, response.url.find('?'))));
  }
  if (!looked_up_) {
    auto found = access_.credentials ? access_.credentials(reference_.registry)
                                     : credentialsFor(reference_.registry, access_.docker);
    if (!found) return std::unexpected(RegistryError(std::move(found.error())));
    credentials_ = *std::move(found);
    looked_up_ = true;
  }
  const auto challenge = parseChallenge(response.header("www-authenticate"));
  if (!challenge) {
    return refused(fmt::format("{} wants credentials, in no way that is known: '{}'",
                               reference_.registry,
                               printable(response.header("www-authenticate"))));
  }
  if (challenge->scheme == Challenge::Scheme::kBasic) {
    if (!credentials_) {
      return refused(
          fmt::format("{} wants user and password, and there are none for it in "
                      "Docker's config.json: run `docker login {}`",
                      reference_.registry, reference_.registry));
    }
    login_ = fetch::BasicLogin{credentials_->user, credentials_->password};
    return {};
  }
  // The scope may be empty: the registry knows what it was asked for.
  auto token = fetchToken(challenge->parameter("realm"), challenge->parameter("service"),
                          challenge->parameter("scope"));
  if (!token) return std::unexpected(std::move(token.error()));
  token_ = *std::move(token);
  return {};
}

bool Registry::mayGetCredentials(const fetch::Origin& realm) const {
  if (realm.scheme == "https") return true;
  const auto registry = fetch::Url::parse(base_);
  return (registry && realm == registry->origin()) ||
         (reference_.isLoopback() && realm.isLoopback());
}

// Gets a token by Docker's token authentication: a GET with the credentials, or OAuth 2 (RFC 6749
// 6) with the identity token in place of them.
RegistryResult<std::string> Registry::fetchToken(const std::string& realm,
                                                 const std::string& service,
                                                 const std::string& scope) {
  const auto url = fetch::Url::parse(realm);
  if (!url) {
    return refused(fmt::format("its tokens come from '{}', which can't be used: {}",
                               printable(fetch::withoutCredentials(realm)), url.error().message));
  }
  if (!mayGetCredentials(url->origin())) {
    return refused(fmt::format("its tokens come from '{}', which isn't encrypted", url->text()));
  }
  const std::string parameters =
      fmt::format("service={}&scope={}", encodePercent(service), encodePercent(scope));
  fetch::Request request{.url = url->text(), .answer_bytes_max = kTokenBytesMax};
  if (credentials_ && !credentials_->identity_token.empty()) {
    request.method = "POST";
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = fmt::format("grant_type=refresh_token&client_id={}&refresh_token={}&{}", kClient,
                               encodePercent(credentials_->identity_token), parameters);
  } else {
    request.url = url->withQuery(parameters).text();
    if (credentials_) request.login = fetch::BasicLogin{credentials_->user, credentials_->password};
  }
  auto response = client_.send(request);
  if (!response) {
    return std::unexpected(
        RegistryError(RegistryError::Kind::kUnreachable, std::move(response.error().message)));
  }
  if (response->status != kOk) return std::unexpected(refusalIn(*response, request));
  const Json json = parseJson(response->body);
  std::string token = textIn(json, "token");
  if (token.empty()) token = textIn(json, "access_token");
  if (token.empty()) {
    return refused(fmt::format("expected a token from {}, got something else ({})",
                               url->withoutQuery(), printable(response->header("content-type"))));
  }
  return token;
}

}  // namespace wagi::oci
