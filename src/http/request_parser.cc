#include "http/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>

#include "http/inbox.h"
#include "http/target.h"

namespace wagi::http {

namespace beast = boost::beast;
using beast::http::error;

namespace {

std::string_view toStd(beast::string_view view) { return {view.data(), view.size()}; }

// Whether a request line is well-formed, but of a version that isn't spoken here.
bool isOtherVersion(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find_first_of("\r\n"));
  const std::size_t space = line.rfind(' ');
  if (space == line.npos || line.find(' ', line.find(' ') + 1) != space) return false;
  const std::string_view version = line.substr(space + 1);
  const auto digit = [&](std::size_t at) { return version[at] >= '0' && version[at] <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && digit(5) && version[6] == '.' &&
         digit(7) && version != "HTTP/1.1" && version != "HTTP/1.0";
}

}  // namespace

RequestParser::Grammar::Grammar(RequestParser& owner) : owner_(owner) {
  // The whole head and the body are limited by the caller; Beast's limits are for parts of them.
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(boost::none);
}

void RequestParser::Grammar::on_request_impl(beast::http::verb, View method, View target,
                                             int version, ErrorCode&) {
  owner_.method_ = owner_.span(toStd(method));
  owner_.target_ = owner_.span(toStd(target));
  owner_.version_ = version;
}

void RequestParser::Grammar::on_field_impl(beast::http::field field, View name, View value,
                                           ErrorCode& error) {
  if (owner_.head_done_) return;  // A trailer: nothing here has a use for one (RFC 9110 6.5.1).
  if (!owner_.recordField(field, toStd(name), toStd(value))) error = error::bad_field;
}

std::size_t RequestParser::Grammar::on_body_impl(View body, ErrorCode&) {
  owner_.inbox_->makeReady(toStd(body));
  owner_.body_bytes_ += body.size();
  return body.size();
}

std::size_t RequestParser::Grammar::on_chunk_body_impl(std::uint64_t, View body, ErrorCode& error) {
  return on_body_impl(body, error);
}

void RequestParser::reset() {
  grammar_.emplace(*this);
  line_at_ = consumed_ = 0;
  version_ = 0;
  head_done_ = expects_continue_ = has_content_length_ = false;
  hosts_ = 0;
  body_bytes_ = 0;
  refusal_ = {};
  spans_.clear();
}

RequestParser::State RequestParser::parseHead(std::string_view bytes) {
  base_ = bytes.data();
  size_ = bytes.size();
  if (version_ == 0) {  // Empty lines before a request are skipped (RFC 9112 2.2).
    while (bytes.substr(consumed_).starts_with("\r\n")) consumed_ += 2;
    line_at_ = consumed_;
  }
  const std::string_view rest = bytes.substr(consumed_);
  beast::error_code error = error::need_more;
  if (!rest.empty() && rest != "\r") {
    consumed_ += grammar_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
  }
  const std::size_t head_bytes = error ? bytes.size() : consumed_;
  if (head_bytes > limits_.head_bytes_max || (error && head_bytes == limits_.head_bytes_max)) {
    if (version_ == 0) {
      refuse(414, "The request line is too long.");
    } else {
      refuse(431, "The header fields are too large.");
    }
    return State::kRefused;
  }
  if (error == error::need_more) return State::kNeedMore;
  if (error) {
    refuseFor(error, bytes.substr(line_at_));
    return State::kRefused;
  }
  return finishHead() ? State::kDone : State::kRefused;
}

bool RequestParser::decodeBody(Inbox& inbox) {
  inbox_ = &inbox;
  beast::error_code error;
  while (!grammar_->is_done() && !inbox.raw().empty() && !error) {
    const std::string_view raw = inbox.raw();
    inbox.dropRaw(grammar_->put(boost::asio::const_buffer(raw.data(), raw.size()), error));
  }
  inbox_ = nullptr;
  if (!error || error == error::need_more) return true;
  return refuse(400, "The body's chunks are malformed.");
}

std::optional<std::uint64_t> RequestParser::bodyRemaining() const {
  if (bodyComplete()) return 0;
  const auto remaining = grammar_->content_length_remaining();
  if (!remaining) return std::nullopt;
  return *remaining;
}

RequestParser::Span RequestParser::span(std::string_view text) const {
  return {static_cast<std::uint32_t>(text.data() - base_), static_cast<std::uint32_t>(text.size())};
}

bool RequestParser::recordField(beast::http::field field, std::string_view name,
                                std::string_view value) {
  if (spans_.size() == limits_.fields_max) return refuse(431, "There are too many header fields.");
  // Beast joins a folded value elsewhere, or skips empty lines of it (RFC 9112 5.2).
  const auto begin = reinterpret_cast<std::uintptr_t>(base_);
  const auto at = reinterpret_cast<std::uintptr_t>(value.data());
  const char* const after_name = name.data() + name.size();
  if (at < begin || at > begin + size_ ||
      std::find(after_name, value.data(), '\n') != value.data()) {
    return refuse(400, "A header field is folded over lines.");
  }
  spans_.push_back({span(name), span(value)});
  switch (field) {
    case beast::http::field::host:
      if (++hosts_ > 1) return refuse(400, "The Host field is repeated.");
      if (!isHost(value)) return refuse(400, "The Host field is malformed.");
      return true;
    case beast::http::field::content_length:
      if (has_content_length_) return refuse(400, "The Content-Length field is repeated.");
      has_content_length_ = true;
      if (value.find_first_not_of("0123456789") == value.npos) return true;
      return refuse(400, "The Content-Length field is malformed.");
    case beast::http::field::transfer_encoding:
      return checkTransferEncoding(value);
    case beast::http::field::expect:
      return checkExpect(value);
    default:
      return true;
  }
}

bool RequestParser::checkTransferEncoding(std::string_view value) {
  // RFC 9112 6.1: framing that an HTTP/1.0 client can't have meant.
  if (version_ == 10) return refuse(400, "HTTP/1.0 has no Transfer-Encoding.");
  if (beast::iequals({value.data(), value.size()}, "chunked")) return true;
  return refuse(501, "The only transfer coding understood is \"chunked\".");
}

bool RequestParser::checkExpect(std::string_view value) {
  if (version_ == 10) return true;  // To be ignored there (RFC 9110 10.1.1).
  if (!beast::iequals({value.data(), value.size()}, "100-continue")) {
    return refuse(417, "The only expectation understood is \"100-continue\".");
  }
  expects_continue_ = true;
  return true;
}

bool RequestParser::finishHead() {
  head_done_ = true;
  if (hosts_ == 0 && version_ != 10) return refuse(400, "The Host field is missing.");
  head_.method = view(method_);
  if (head_.method == "CONNECT") return refuse(501, "This server isn't a proxy.");
  const auto target = parseTarget(head_.method, view(target_));
  if (!target) return refuse(400, "The request target is malformed.");
  head_.path = target->path;
  head_.query = target->query;
  head_.authority = target->authority;
  head_.protocol = version_ == 10 ? "HTTP/1.0" : "HTTP/1.1";
  fields_.clear();
  for (const FieldSpan& field : spans_) fields_.push_back({view(field.name), view(field.value)});
  head_.fields = fields_;
  const auto length = grammar_->content_length();
  head_.content_length = length ? std::optional<std::uint64_t>(*length) : std::nullopt;
  head_.chunked = grammar_->chunked();
  if (grammar_->is_done()) expects_continue_ = false;
  return true;
}

bool RequestParser::refuse(int status, std::string_view detail) {
  refusal_ = {status, detail};
  return false;
}

void RequestParser::refuseFor(const beast::error_code& error, std::string_view request) {
  if (refusal_.status != 0) return;  // recordField() said more.
  if (error == error::bad_method) {
    // A TLS handshake begins with record type 22 (RFC 8446 5.1).
    refuse(400, request.starts_with('\x16') ? "This port speaks plain HTTP, not TLS."
                                            : "The request line is malformed.");
  } else if (error == error::bad_version && isOtherVersion(request)) {
    refuse(505, "This server speaks HTTP/1.1 and HTTP/1.0.");
  } else if (error == error::bad_target || error == error::bad_version) {
    refuse(400, "The request line is malformed.");
  } else if (error == error::bad_content_length || error == error::multiple_content_length) {
    refuse(400, "The Content-Length field is malformed, or contradicts another field.");
  } else if (error == error::bad_transfer_encoding) {
    refuse(400, "Transfer-Encoding is repeated, or stands beside Content-Length.");
  } else {
    refuse(400, "A header field is malformed.");
  }
}

}  // namespace wagi::http
