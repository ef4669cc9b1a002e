// The interface through which host functions make a guest's HTTP requests. The code that runs the
// guest implements it. No call blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wagi::wasi {

// The results of the functions of wasi_experimental_http.
enum class HttpError : std::uint32_t {
  kOk = 0,
  kInvalidHandle = 1,
  kNoMemory = 2,  // The module exports no memory.
  kMemoryAccess = 3,
  kBufferTooSmall = 4,
  kHeaderNotFound = 5,
  kUtf8 = 6,
  kNotAllowed = 7,
  kInvalidMethod = 8,
  kInvalidEncoding = 9,  // The request's headers are malformed.
  kInvalidUrl = 10,
  kRequestFailed = 11,
  kRuntime = 12,
  kTooManySessions = 13,
};

class HttpClient {
 public:
  using Handle = std::uint32_t;
  template <class T>
  using Result = std::expected<T, HttpError>;
  // nullopt means that the guest must wait, and then the call be made again.
  template <class T>
  using Attempt = std::optional<Result<T>>;

  struct Request {
    std::string_view url, method, headers;  // UTF-8.
    std::span<const std::byte> body;
  };

  virtual ~HttpClient() = default;
  // Begins a request, and takes the beginning of its body.
  [[nodiscard]] virtual Result<Handle> begin(const Request& request) = 0;
  // The answer's status, once it has come. `body` is the whole body of the request again, of which
  // more is taken as there is room. A request that fails closes its handle.
  [[nodiscard]] virtual Attempt<std::uint16_t> status(Handle handle,
                                                      std::span<const std::byte> body) = 0;
  // The first value of the answer's header `name`, and all headers as lines "name:value\n".
  // REQUIRES: status() has returned one.
  [[nodiscard]] virtual Result<std::string> header(Handle handle, std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::string> headers(Handle handle) = 0;
  // Moves bytes of the answer's body into `out`; returns their count, 0 at the end. REQUIRES: `out`
  // isn't empty.
  [[nodiscard]] virtual Attempt<std::size_t> read(Handle handle, std::span<std::byte> out) = 0;
  [[nodiscard]] virtual HttpError close(Handle handle) = 0;
};

}  // namespace wagi::wasi
