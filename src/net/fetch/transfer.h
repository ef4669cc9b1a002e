// Runs one request through libcurl, without following redirects or trying again: for client.cc.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "net/fetch/client.h"
#include "net/fetch/url.h"

namespace wagi::fetch {

// Why there is no answer.
struct Failure {
  std::string message;     // Doesn't name the URL.
  bool transient = false;  // Another try may succeed.
};

struct Transfer {
  const Request& request;
  Url url;                       // The request's, or that of a redirect.
  bool credentials = true;       // Whether the login and an Authorization field go along.
  std::uint64_t range_from = 0;  // Where it isn't 0, "Range: bytes=N-" is sent.
  // Decides by the answer's head whether the body goes to on_body rather than to the response.
  std::function<Result<bool>(const Response& head)> takes_body{};
  std::function<Result<void>(std::string_view bytes)> on_body{};
  Progress progress{};  // Counts the bytes of this transfer only.
};

struct TransferResult {
  Response response;
  std::chrono::seconds retry_after{0};
};

[[nodiscard]] std::expected<TransferResult, Failure> run(CURL* curl, const Transfer& transfer,
                                                         const Client::Settings& settings,
                                                         const std::string& certificates,
                                                         const Clock& clock);

}  // namespace wagi::fetch
