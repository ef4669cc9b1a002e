#include "server/worker/guest_http.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "base/utf8.h"
#include "net/outbound/fields.h"
#include "net/outbound/url.h"

namespace wagi::worker {

using outbound::Refusal;
using wasi::HttpError;
using State = outbound::Call::State;

GuestHttp::~GuestHttp() {
  for (const auto& [handle, outbound] : open_) outbound->cancel();
}

wasi::HttpClient::Result<GuestHttp::Handle> GuestHttp::begin(const Request& request) {
  if (!outbound::isMethod(request.method)) return std::unexpected(HttpError::kInvalidMethod);
  auto url = outbound::parseUrl(request.url);
  if (!url) {
    log(fmt::format("a URL isn't accepted: {}", url.error().message));
    return std::unexpected(HttpError::kInvalidUrl);
  }
  auto fields = outbound::readRequestFields(request.headers);
  if (!fields) return std::unexpected(HttpError::kInvalidEncoding);
  const outbound::AllowedHost* const entry =
      outbound::findAllowed(route_.plan.allowed_hosts, url->origin);
  if (entry == nullptr || worker_.outbound == nullptr) {
    return std::unexpected(
        refused({Refusal::Kind::kNotAllowed,
                 fmt::format("{}://{} isn't in allowed_hosts", textOf(url->origin.scheme),
                             url->origin.authority())}));
  }
  if (open_.size() >= route_.plan.http_max_concurrency) {
    return std::unexpected(HttpError::kTooManySessions);
  }
  const Handle handle = next_++;
  const Outbound made =
      worker_.outbound->make({.route = route_.index,
                              .scope = entry->scope,
                              .url = *std::move(url),
                              .method = std::string(request.method),
                              .fields = *std::move(fields),
                              .body_bytes = request.body.size(),
                              .answer_bytes_max = route_.plan.limits.body_bytes_max},
                             [this] { exchange_.waiter().notify(); });
  open_.emplace(handle, made);
  made->start(request.body);
  return handle;
}

wasi::HttpClient::Attempt<std::uint16_t> GuestHttp::status(Handle handle,
                                                           std::span<const std::byte> body) {
  const Outbound outbound = find(handle);
  if (!outbound) return std::unexpected(HttpError::kInvalidHandle);
  switch (outbound->state()) {
    case State::kBusy:
      return std::nullopt;
    case State::kWantsBody:
      outbound->supply(body.last(static_cast<std::size_t>(outbound->bodyLeft())));
      return std::nullopt;
    case State::kAnswered:
      return outbound->status();
    case State::kFailed: {
      const HttpError error = refused(outbound->refusal());
      open_.erase(handle);
      return std::unexpected(error);
    }
  }
  std::unreachable();
}

wasi::HttpClient::Result<std::string> GuestHttp::header(Handle handle, std::string_view name) {
  const Outbound outbound = find(handle);
  if (!outbound) return std::unexpected(HttpError::kInvalidHandle);
  const std::string* const value = outbound->fields().find(name);
  if (value == nullptr) return std::unexpected(HttpError::kHeaderNotFound);
  if (!isUtf8(*value)) return std::unexpected(HttpError::kUtf8);
  return *value;
}

wasi::HttpClient::Result<std::string> GuestHttp::headers(Handle handle) {
  const Outbound outbound = find(handle);
  if (!outbound) return std::unexpected(HttpError::kInvalidHandle);
  return outbound->fields().lines();
}

wasi::HttpClient::Attempt<std::size_t> GuestHttp::read(Handle handle, std::span<std::byte> out) {
  const Outbound outbound = find(handle);
  if (!outbound) return std::unexpected(HttpError::kInvalidHandle);
  const auto count = outbound->read(out);
  if (!count) return std::nullopt;
  if (*count) return **count;
  return std::unexpected(refused(count->error()));
}

HttpError GuestHttp::close(Handle handle) {
  const auto found = open_.find(handle);
  if (found == open_.end()) return HttpError::kInvalidHandle;
  found->second->cancel();
  open_.erase(found);
  return HttpError::kOk;
}

GuestHttp::Outbound GuestHttp::find(Handle handle) const {
  const auto found = open_.find(handle);
  return found == open_.end() ? nullptr : found->second;
}

HttpError GuestHttp::refused(const Refusal& refusal) {
  log(refusal.message);
  return refusal.kind == Refusal::Kind::kNotAllowed ? HttpError::kNotAllowed
                                                    : HttpError::kRequestFailed;
}

void GuestHttp::log(std::string_view message) {
  const auto entry = route_.outbound_failures.next(worker_.system.monotonicClock());
  if (!entry.logged) return;
  spdlog::warn("route {}: outbound HTTP: {}{}", route_.name, message,
               entry.last ? " (more of them follow within seconds and aren't logged)" : "");
}

}  // namespace wagi::worker
