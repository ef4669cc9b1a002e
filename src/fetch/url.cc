#include "fetch/url.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>

#include "fetch/client.h"

namespace wagi::fetch {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string partOf(CURLU* url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK || text == nullptr) return {};
  std::string result(text);
  curl_free(text);
  return result;
}

std::string lowerHostOf(CURLU* url) {
  std::string host = partOf(url, CURLUPART_HOST);
  std::ranges::transform(host, host.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return host;
}

}  // namespace

bool Origin::isLoopback() const {
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

Result<Origin> originOf(const std::string& url) {
  const std::unique_ptr<CURLU, FreeUrl> parsed(curl_url());
  const CURLUcode code = curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0);
  if (code != CURLUE_OK) return fail(fmt::format("no URL: {}", curl_url_strerror(code)));
  Origin origin{.scheme = partOf(parsed.get(), CURLUPART_SCHEME),
                .host = lowerHostOf(parsed.get()),
                .port = partOf(parsed.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
  if (origin.scheme != "http" && origin.scheme != "https") {
    return fail(fmt::format("the scheme {}: is neither http: nor https:", origin.scheme));
  }
  return origin;
}

std::string withoutCredentials(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < begin) return std::string(url);
  return fmt::format("{}{}", url.substr(0, begin), url.substr(at + 1));
}

}  // namespace wagi::fetch
