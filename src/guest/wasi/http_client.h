// A guest's outbound HTTP, as the host functions see it. Implemented by whoever runs the guest;
// never blocking.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wagi::wasi {

// What the functions of wasi_experimental_http return.
enum class HttpError : std::uint32_t {
  kOk = 0,
  kInvalidHandle = 1,
  kNoMemory = 2,  // The module exports none.
  kMemoryAccess = 3,
  kBufferTooSmall = 4,
  kHeaderNotFound = 5,
  kUtf8 = 6,
  kNotAllowed = 7,
  kInvalidMethod = 8,
  kInvalidEncoding = 9,  // Of the headers that are sent.
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
  // nullopt: the guest must wait, and the call be made again.
  template <class T>
  using Attempt = std::optional<Result<T>>;

  struct Request {
    std::string_view url, method, headers;  // UTF-8.
    std::span<const std::byte> body;
  };

  virtual ~HttpClient() = default;
  // Takes the beginning of the body.
  [[nodiscard]] virtual Result<Handle> begin(const Request& request) = 0;
  // The answer's status, once it is there. `body` is the whole of it again: what isn't sent yet is
  // taken as there is room. A handle that fails is closed.
  [[nodiscard]] virtual Attempt<std::uint16_t> status(Handle handle,
                                                      std::span<const std::byte> body) = 0;
  // Of an answer that is there. A header's first value; all of them as "name:value\n" lines.
  [[nodiscard]] virtual Result<std::string> header(Handle handle, std::string_view name) = 0;
  [[nodiscard]] virtual Result<std::string> headers(Handle handle) = 0;
  // Moves bytes of the answer's body into `out`: their count, 0 at the end. REQUIRES: `out` isn't
  // empty.
  [[nodiscard]] virtual Attempt<std::size_t> read(Handle handle, std::span<std::byte> out) = 0;
  [[nodiscard]] virtual HttpError close(Handle handle) = 0;
};

}  // namespace wagi::wasi
