#include "guest/wasi/experimental_http.h"

#include <cstring>
#include <string>

#include "base/utf8.h"
#include "guest/wasi/import.h"

namespace wagi::wasi {
namespace {

using HttpAttempt = std::expected<HttpError, Suspension>;

// The guest's client; null for a guest that may call nobody, all of whose handles are invalid.
HttpClient* clientOf(const Call& call) { return call.invocation().http; }

// The text in the guest's memory; an error where it is outside or isn't UTF-8.
std::expected<std::string_view, HttpError> textAt(const Call& call, U32 at, U32 length) {
  const auto text = call.memory.text(at, length);
  if (!text) return std::unexpected(HttpError::kMemoryAccess);
  if (!isUtf8(*text)) return std::unexpected(HttpError::kUtf8);
  return *text;
}

// Copies a text into the guest's buffer, and how long it is: where the buffer is too small, too.
HttpError giveText(const Call& call, const HttpClient::Result<std::string>& text, U32 buffer,
                   U32 length, U32 written_at) {
  if (!call.memory.contains(buffer, length) || !call.memory.contains(written_at, sizeof(U32))) {
    return HttpError::kMemoryAccess;
  }
  if (!text) return text.error();
  std::ignore = call.memory.store(written_at, static_cast<U32>(text->size()));
  if (text->size() > length) return HttpError::kBufferTooSmall;
  const auto range = call.memory.writable(buffer, text->size());
  std::memcpy(range->data(), text->data(), text->size());
  return HttpError::kOk;
}

struct Parameters {
  U32 url, url_len, method, method_len, headers, headers_len, body, body_len, status_at, handle_at;
};

std::expected<HttpClient::Request, HttpError> requestOf(const Call& call, const Parameters& p) {
  const auto url = textAt(call, p.url, p.url_len);
  if (!url) return std::unexpected(url.error());
  const auto method = textAt(call, p.method, p.method_len);
  if (!method) return std::unexpected(method.error());
  const auto headers = textAt(call, p.headers, p.headers_len);
  if (!headers) return std::unexpected(headers.error());
  const auto body = call.memory.readable(p.body, p.body_len);
  if (!body || !call.memory.contains(p.status_at, sizeof(U16)) ||
      !call.memory.contains(p.handle_at, sizeof(U32))) {
    return std::unexpected(HttpError::kMemoryAccess);
  }
  return HttpClient::Request{*url, *method, *headers, *body};
}

HttpAttempt req(Call& call, U32 url, U32 url_len, U32 method, U32 method_len, U32 headers,
                U32 headers_len, U32 body, U32 body_len, U32 status_at, U32 handle_at) {
  const auto request = requestOf(call, {url, url_len, method, method_len, headers, headers_len,
                                        body, body_len, status_at, handle_at});
  if (!request) return request.error();
  HttpClient* const client = clientOf(call);
  if (client == nullptr) return HttpError::kNotAllowed;
  auto& handle = call.progress->http_handle;
  if (!handle) {
    const auto begun = client->begin(*request);
    if (!begun) return begun.error();
    handle = *begun;
  }
  const auto status = client->status(*handle, request->body);
  if (!status) return std::unexpected(AnswerWait{});
  if (!*status) return status->error();
  std::ignore = call.memory.store(status_at, **status);
  std::ignore = call.memory.store(handle_at, *handle);
  return HttpError::kOk;
}

HttpError close(Call& call, U32 handle) {
  HttpClient* const client = clientOf(call);
  return client == nullptr ? HttpError::kInvalidHandle : client->close(handle);
}

HttpError headerGet(Call& call, U32 handle, U32 name_at, U32 name_len, U32 buffer, U32 length,
                    U32 written_at) {
  const auto name = textAt(call, name_at, name_len);
  if (!name) return name.error();
  HttpClient* const client = clientOf(call);
  if (client == nullptr) return HttpError::kInvalidHandle;
  return giveText(call, client->header(handle, *name), buffer, length, written_at);
}

HttpError headersGetAll(Call& call, U32 handle, U32 buffer, U32 length, U32 written_at) {
  HttpClient* const client = clientOf(call);
  if (client == nullptr) return HttpError::kInvalidHandle;
  return giveText(call, client->headers(handle), buffer, length, written_at);
}

HttpAttempt bodyRead(Call& call, U32 handle, U32 buffer, U32 length, U32 read_at) {
  const auto range = call.memory.writable(buffer, length);
  if (!range || !call.memory.contains(read_at, sizeof(U32))) return HttpError::kMemoryAccess;
  HttpClient* const client = clientOf(call);
  if (client == nullptr) return HttpError::kInvalidHandle;
  if (range->empty()) {
    if (const auto known = client->headers(handle); !known) return known.error();
    std::ignore = call.memory.store(read_at, U32{0});
    return HttpError::kOk;
  }
  const auto count = client->read(handle, *range);
  if (!count) return std::unexpected(AnswerWait{});
  if (!*count) return count->error();
  std::ignore = call.memory.store(read_at, static_cast<U32>(**count));
  return HttpError::kOk;
}

constexpr Import kImports[] = {
    importOf<req>("req"),
    importOf<close>("close"),
    importOf<headerGet>("header_get"),
    importOf<headersGetAll>("headers_get_all"),
    importOf<bodyRead>("body_read"),
};

}  // namespace

Result<void> defineExperimentalHttp(wasmtime_linker_t* linker) {
  for (const Import& entry : kImports) {
    auto defined = import::define(linker, kExperimentalHttp, Abi::kSnapshot1, entry);
    if (!defined) return defined;
  }
  return {};
}

}  // namespace wagi::wasi
