// An HTTP client for what is fetched before it is served: registries and Bindle servers.
//
// Waits for its answers, so it is used by commands and by the supervisor's children, never by a
// worker. Through libcurl, with the system's certificates; never follows a redirect from HTTPS to
// plain HTTP, nor from plain HTTP to another host but over HTTPS, and never takes credentials along
// to another host. A proxy of the environment (https_proxy, no_proxy) is used, but for loopback.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wagi::fetch {

struct BasicLogin {
  std::string user, password;
};

// Bytes so far, and all of them where that is known. Called a few times a second.
using Progress = std::function<void(std::uint64_t done, std::optional<std::uint64_t> all)>;

struct Request {
  std::string method = "GET";
  std::string url;  // http: or https:.
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};                           // Sent unless body_file is given.
  std::optional<std::string> body_file{};       // Path of what is sent.
  std::optional<BasicLogin> login{};            // RFC 7617.
  std::uint64_t answer_bytes_max = 4ULL << 20;  // More is an error.
  Progress upload_progress{};                   // Of the body.
};

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // Names in lower case.
  std::string body;
  std::string url;  // That answered, after redirects.

  // The first of that name, which is given in lower case; empty without one.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

class Client {
 public:
  struct Settings {
    bool verify = true;                       // The server's certificate.
    std::optional<std::string> ca_file = {};  // PEM, beside the system's; else $SSL_CERT_FILE.
    std::chrono::milliseconds connect_max{10'000};
    std::chrono::milliseconds silence_max{30'000};  // Without a byte, or with under 1 KiB.
    std::chrono::milliseconds back_off{500};        // Before the second try; doubles.
    int tries_max = 4;
    int redirects_max = 5;
  };

  explicit Client(Settings settings);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // An answer of any status is a response. Tries again after a connection that failed, 429 and
  // 5xx, as long as the request can be repeated: a GET, HEAD, PUT or DELETE. Waits for as long as
  // Retry-After says; where that is over a minute, the answer is the last one. The error names the
  // URL without its credentials.
  [[nodiscard]] Result<Response> send(const Request& request);

  // Writes the body of a 200 to the file at `path`, which may have the beginning of it already
  // from a download that was cut off: what is missing is asked for by its range (RFC 9110 14.2),
  // or all of it where the server knows no ranges; the response's status is 200 either way. Ends
  // with an error as soon as more than `bytes_max` come. For another status, the response has its
  // body and nothing is written. Holds the file's flock(2) meanwhile: of several processes one
  // downloads, and the others find it done, or moved away.
  [[nodiscard]] Result<Response> download(const Request& request, const std::string& path,
                                          std::uint64_t bytes_max, const Progress& progress);

 private:
  struct Handle;
  Settings settings_;
  std::unique_ptr<Handle> handle_;  // Keeps connections open from one request to the next.
};

// What `url` says without user and password: for messages.
[[nodiscard]] std::string withoutCredentials(std::string_view url);

}  // namespace wagi::fetch
