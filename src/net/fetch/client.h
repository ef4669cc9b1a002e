// An HTTP client that fetches modules from registries and Bindle servers before they are served.
//
// A call blocks until the answer is there, so commands and the supervisor's children use it, never
// a worker. It works through libcurl, with the system's certificates. It follows redirects to
// HTTPS, and plain HTTP ones within an origin that was reached by plain HTTP, and never sends
// credentials to another host. It uses a proxy of the environment (https_proxy, no_proxy), but not
// for loopback.
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

#include "base/clock.h"
#include "base/result.h"

namespace wagi::fetch {

struct BasicLogin {
  std::string user, password;
};

// Called a few times a second with the number of bytes so far, and of all where that is known.
using Progress = std::function<void(std::uint64_t done, std::optional<std::uint64_t> all)>;

struct Request {
  std::string method = "GET";
  std::string url;  // http: or https:.
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};                           // Sent unless body_file is set.
  std::optional<std::string> body_file{};       // The path of a file to send.
  std::optional<BasicLogin> login{};            // RFC 7617.
  std::uint64_t answer_bytes_max = 4ULL << 20;  // A larger answer is an error.
  Progress upload_progress{};                   // Counts the body's bytes.
};

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // Names in lower case.
  std::string body;
  std::string url;  // The one that answered, after redirects.

  // The value of the first header named `name`, which is in lower case; "" where there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

class Client {
 public:
  struct Settings {
    bool verify = true;                       // Whether the server's certificate is verified.
    std::optional<std::string> ca_file = {};  // PEM, beside the system's; else $SSL_CERT_FILE.
    std::chrono::milliseconds connect_max{10'000};
    std::chrono::milliseconds silence_max{30'000};  // A transfer of under 1 KiB in it fails.
    std::chrono::milliseconds back_off{500};        // The pause before a second try; then doubled.
    int tries_max = 4;
    int redirects_max = 5;
  };

  // `clock`, which must outlive it, is what pauses, silence and progress are measured by.
  explicit Client(Settings settings, const Clock& clock = kSystemClock);
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // Sends a request; an answer of any status is a result. A GET, HEAD, PUT or DELETE is tried again
  // where the connection fails, and after 429 and 5xx, when Retry-After has passed; where that is
  // over a minute, the answer is returned. The error names the URL without its credentials.
  [[nodiscard]] Result<Response> send(const Request& request);

  // Writes the body of a 200 to the file at `path`. If the file has a part already, from a download
  // that was cut off, only the rest is asked for (RFC 9110 14.2), or all where the server knows no
  // ranges; the response's status is 200 either way. Fails as soon as more than `bytes_max` come.
  // Where the status isn't 200, the response has the body and nothing is written. Holds the file's
  // flock(2) meanwhile: of several processes one downloads, and the others then find the file
  // complete, or moved away.
  [[nodiscard]] Result<Response> download(const Request& request, const std::string& path,
                                          std::uint64_t bytes_max, const Progress& progress);

 private:
  struct Handle;
  Settings settings_;
  std::unique_ptr<Handle> handle_;  // Keeps connections open from one request to the next.
};

// The files and folders from which a client with these settings reads authorities' certificates.
[[nodiscard]] std::vector<std::string> certificatesOf(const Client::Settings& settings);

// `url` without user and password, for messages.
[[nodiscard]] std::string withoutCredentials(std::string_view url);

}  // namespace wagi::fetch
