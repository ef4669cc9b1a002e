// Parses http: and https: URLs by libcurl, which also connects to them: whether a login or a token
// may be sent is decided by the reading that decides where it goes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/fetch/client.h"

namespace wagi::fetch {

// The parts of a URL that decide where credentials may go.
struct Origin {
  std::string scheme;  // "http" or "https".
  std::string host;    // In lower case; an IPv6 address has its brackets.
  std::string port;    // Never empty.
  bool operator==(const Origin&) const = default;

  // Whether libcurl connects to this machine: it resolves "localhost" itself, and no other name.
  [[nodiscard]] bool isLoopback() const;
  // "HOST", or "HOST:PORT" where the port isn't the scheme's default.
  [[nodiscard]] std::string authority() const;
};

struct UrlAndLogin;

// A URL that every reader takes for the same host, as an immutable value.
class Url {
 public:
  // Parses a URL. Refuses user and password, a host that isn't written as it is connected to
  // (127.1, %6cocalhost, names that aren't ASCII), IPv6 zones, ports other than 1 to 65535, control
  // characters and backslashes. Spaces and bytes beyond ASCII behind the host are percent-encoded,
  // and a fragment is dropped. The error doesn't quote the text, which may hold a password.
  [[nodiscard]] static Result<Url> parse(std::string_view text);
  // Like parse(), for a URL that a user wrote, which may have a login.
  [[nodiscard]] static Result<UrlAndLogin> parseWithLogin(std::string_view text);
  // The URL to which a Location or a link leads from this one (RFC 3986 5.2). Fails as parse()
  // does.
  [[nodiscard]] Result<Url> resolve(std::string_view reference) const;
  // This URL with `parameters`, which are encoded already, added to its query.
  [[nodiscard]] Url withQuery(std::string_view parameters) const;

  [[nodiscard]] const Origin& origin() const { return origin_; }
  [[nodiscard]] const std::string& path() const { return path_; }  // Begins with '/'.
  [[nodiscard]] const std::string& query() const { return query_; }
  [[nodiscard]] std::string text() const;
  // The URL for messages: a query may hold a signature that is as good as a password.
  [[nodiscard]] std::string withoutQuery() const;

 private:
  Url(Origin origin, std::string path, std::string query)
      : origin_(std::move(origin)), path_(std::move(path)), query_(std::move(query)) {}

  Origin origin_;
  std::string path_, query_;
};

struct UrlAndLogin {
  Url url;
  std::optional<BasicLogin> login;
};

// The origin of `scheme` at `authority`, which is HOST or HOST:PORT.
[[nodiscard]] Result<Origin> originAt(std::string_view scheme, std::string_view authority);

// Whether both are URLs of one origin.
[[nodiscard]] bool sameOrigin(std::string_view a, std::string_view b);

}  // namespace wagi::fetch
