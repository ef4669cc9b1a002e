#include "net/fetch/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/host_name.h"
#include "base/percent.h"
#include "base/text.h"

namespace wagi::fetch {
namespace {

constexpr std::size_t kUrlBytesMax = 16 << 10;

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Handle = std::unique_ptr<CURLU, FreeUrl>;

std::optional<std::string> partOf(const Handle& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return std::nullopt;
  std::string result(text);
  curl_free(text);
  return result;
}

// With what libcurl leaves to its caller encoded.
Result<std::string> encoded(std::string_view text) {
  if (text.size() > kUrlBytesMax) return fail("the URL is too long");
  return encodeUrl(text);
}

std::string defaultPortOf(std::string_view scheme) { return scheme == "http" ? "80" : "443"; }

Result<void> checkHost(const Handle& url, const std::string& host) {
  if (partOf(url, CURLUPART_ZONEID)) return fail("an IPv6 address may have no zone");
  if (host.starts_with('[')) return {};  // An IPv6 address, which libcurl has checked.
  std::string_view name = host;
  if (name.ends_with('.')) name.remove_suffix(1);  // The dot stands for the root of DNS.
  return checkHostName(name);
}

// The part of the URL before its path, put together from the parts that libcurl has found.
std::string beginningOf(const Handle& url, const Origin& origin) {
  const auto user = partOf(url, CURLUPART_USER);
  const auto password = partOf(url, CURLUPART_PASSWORD);
  const auto port = partOf(url, CURLUPART_PORT);
  return fmt::format("{}://{}{}{}{}{}{}{}", origin.scheme, user.value_or(""), password ? ":" : "",
                     password.value_or(""), user || password ? "@" : "", origin.host,
                     port ? ":" : "", port.value_or(""));
}

// Whether `text` begins with `beginning`, and nothing else stands before the path: then any other
// reader finds the same scheme, host and port as libcurl.
bool beginsWith(std::string_view text, std::string_view beginning) {
  if (text.size() < beginning.size()) return false;
  if (!std::ranges::equal(text.substr(0, beginning.size()), beginning, {}, lower, lower)) {
    return false;
  }
  const std::string_view rest = text.substr(beginning.size());
  return rest.empty() || std::string_view("/?#").contains(rest.front());
}

Result<Origin> originOf(const Handle& url, std::string_view text) {
  Origin origin{.scheme = lowered(partOf(url, CURLUPART_SCHEME).value_or("")),
                .host = lowered(partOf(url, CURLUPART_HOST).value_or("")),
                .port = partOf(url, CURLUPART_PORT, CURLU_DEFAULT_PORT).value_or("")};
  if (origin.scheme != "http" && origin.scheme != "https") {
    return fail(fmt::format("the scheme {}: is neither http: nor https:", origin.scheme));
  }
  if (auto good = checkHost(url, origin.host); !good) return std::unexpected(good.error());
  if (origin.port == "0") return fail("a port is a number from 1 to 65535");
  if (!beginsWith(text, beginningOf(url, origin))) {
    return fail(fmt::format("its host isn't written as it is connected to: write {}://{}",
                            origin.scheme, origin.authority()));
  }
  return origin;
}

}  // namespace

bool Origin::isLoopback() const {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

std::string Origin::authority() const {
  return port == defaultPortOf(scheme) ? host : fmt::format("{}:{}", host, port);
}

Result<UrlAndLogin> Url::parseWithLogin(std::string_view text) {
  const auto plain = encoded(text);
  if (!plain) return std::unexpected(plain.error());
  const Handle parsed(curl_url());
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, plain->c_str(), 0);
  if (code != CURLUE_OK) return fail(fmt::format("no URL: {}", curl_url_strerror(code)));
  auto origin = originOf(parsed, *plain);
  if (!origin) return std::unexpected(std::move(origin.error()));
  UrlAndLogin result{Url(*std::move(origin), partOf(parsed, CURLUPART_PATH).value_or("/"),
                         partOf(parsed, CURLUPART_QUERY).value_or("")),
                     std::nullopt};
  const auto user = partOf(parsed, CURLUPART_USER, CURLU_URLDECODE);
  const auto password = partOf(parsed, CURLUPART_PASSWORD, CURLU_URLDECODE);
  if (user || password) result.login = {user.value_or(""), password.value_or("")};
  return result;
}

Result<Url> Url::parse(std::string_view text) {
  auto parsed = parseWithLogin(text);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (parsed->login) return fail("a user's name or a password in a URL isn't accepted");
  return std::move(parsed->url);
}

Result<Url> Url::resolve(std::string_view reference) const {
  const auto plain = encoded(reference);
  if (!plain) return std::unexpected(plain.error());
  // A reference that names a host is parsed as strictly as a whole URL.
  if (plain->starts_with("//")) return parse(fmt::format("{}:{}", origin_.scheme, *plain));
  const Handle alone(curl_url());
  if (curl_url_set(alone.get(), CURLUPART_URL, plain->c_str(), 0) != CURLUE_BAD_SCHEME) {
    return parse(*plain);
  }
  const Handle url(curl_url());
  CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text().c_str(), 0);
  if (code == CURLUE_OK) code = curl_url_set(url.get(), CURLUPART_URL, plain->c_str(), 0);
  if (code != CURLUE_OK) return fail(fmt::format("no URL: {}", curl_url_strerror(code)));
  auto resolved = parse(partOf(url, CURLUPART_URL).value_or(""));
  if (resolved && resolved->origin() != origin_)
    return fail("it can't be told which host it names");
  return resolved;
}

Url Url::withQuery(std::string_view parameters) const {
  return {origin_, path_, fmt::format("{}{}{}", query_, query_.empty() ? "" : "&", parameters)};
}

std::string Url::withoutQuery() const {
  return fmt::format("{}://{}{}", origin_.scheme, origin_.authority(), path_);
}

std::string Url::text() const {
  return query_.empty() ? withoutQuery() : fmt::format("{}?{}", withoutQuery(), query_);
}

Result<Origin> originAt(std::string_view scheme, std::string_view authority) {
  if (authority.find_first_of("/?#") != std::string_view::npos) {
    return fail("expected HOST or HOST:PORT, without a path");
  }
  const auto url = Url::parse(fmt::format("{}://{}", scheme, authority));
  if (!url) return std::unexpected(url.error());
  return url->origin();
}

bool sameOrigin(std::string_view a, std::string_view b) {
  const auto first = Url::parse(a);
  const auto second = Url::parse(b);
  return first && second && first->origin() == second->origin();
}

std::string withoutCredentials(std::string_view url) {
  const Handle parsed(curl_url());
  std::string text(url);
  if (curl_url_set(parsed.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK) {
    if (!partOf(parsed, CURLUPART_USER) && !partOf(parsed, CURLUPART_PASSWORD)) return text;
    curl_url_set(parsed.get(), CURLUPART_USER, nullptr, 0);
    curl_url_set(parsed.get(), CURLUPART_PASSWORD, nullptr, 0);
    if (auto rest = partOf(parsed, CURLUPART_URL)) return *std::move(rest);
  }
  // A text that isn't a URL may have a login anywhere before its last '@'.
  return text.substr(text.rfind('@') + 1);
}

}  // namespace wagi::fetch
