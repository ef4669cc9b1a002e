#include "net/http/request_parser.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <limits>

#include "base/text.h"
#include "net/http/inbox.h"
#include "net/http/target.h"

namespace wagi::http {

namespace beast = boost::beast;
using beast::http::error;

namespace {

std::string_view toStd(beast::string_view view) { return {view.data(), view.size()}; }

// The version of a request line that is well-formed up to there; else empty.
std::string_view versionOf(std::string_view bytes) {
  const std::string_view line = bytes.substr(0, bytes.find_first_of("\r\n"));
  const std::size_t space = line.rfind(' ');
  if (space == line.npos || line.find(' ', line.find(' ') + 1) != space) return {};
  const std::string_view version = line.substr(space + 1);
  const auto digit = [&](std::size_t at) { return version[at] >= '0' && version[at] <= '9'; };
  const bool good = version.size() == 8 && version.starts_with("HTTP/") && digit(5) &&
                    version[6] == '.' && digit(7);
  return good ? version : std::string_view();
}

bool isChunked(std::string_view coding) {
  return beast::iequals({coding.data(), coding.size()}, "chunked");
}

}  // namespace

RequestParser::Grammar::Grammar(RequestParser& owner) : owner_(owner) {
  // The whole head and the body are limited by the caller; Beast's limits are for parts of them.
  header_limit(std::numeric_limits<std::uint32_t>::max());
  body_limit(boost::none);
}

void RequestParser::Grammar::on_request_impl(beast::http::verb, View method, View target,
                                             int version, ErrorCode&) {
  owner_.version_ = version;
  if (owner_.later_minor_) return;  // parseLaterMinor() has taken them.
  owner_.method_ = owner_.span(toStd(method));
  owner_.target_ = owner_.span(toStd(target));
}

void RequestParser::Grammar::on_field_impl(beast::http::field field, View name, View value,
                                           ErrorCode& error) {
  if (!owner_.recordField(field, toStd(name), toStd(value))) error = error::bad_field;
}

void RequestParser::reset() {
  grammar_.emplace(*this);
  line_at_ = consumed_ = line_ends_checked_ = 0;
  version_ = 0;
  later_minor_ = expects_continue_ = closes_ = has_content_length_ = has_content_type_ = false;
  codings_ = {};
  host_at_.reset();
  chunks_.reset();
  body_left_ = body_bytes_ = 0;
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
  beast::error_code error = parseMore(bytes);
  if (error == error::bad_version) error = parseLaterMinor(bytes);
  const std::size_t head_bytes = error ? bytes.size() : consumed_;
  if (head_bytes > limits_.head_bytes_max || (error && head_bytes == limits_.head_bytes_max)) {
    if (version_ == 0) {
      refuse(414, "The request line is too long.");
    } else {
      refuse(431, "The header fields are too large.");
    }
    return State::kRefused;
  }
  if (error == error::need_more) {
    return checkLineEnds(bytes) ? State::kNeedMore : State::kRefused;
  }
  if (error) {
    refuseFor(error, bytes.substr(line_at_));
    return State::kRefused;
  }
  return finishHead() ? State::kDone : State::kRefused;
}

beast::error_code RequestParser::parseMore(std::string_view bytes) {
  const std::string_view rest = bytes.substr(consumed_);
  beast::error_code error = error::need_more;
  if (!rest.empty() && rest != "\r") {
    consumed_ += grammar_->put(boost::asio::const_buffer(rest.data(), rest.size()), error);
  }
  return error;
}

// Beast refuses the version of the request line, with which `bytes` go on at line_at_. A later
// minor version than ours is served as ours (RFC 9110 2.5): Beast reads the fields behind a line
// that it knows, in the place of the one that came.
beast::error_code RequestParser::parseLaterMinor(std::string_view bytes) {
  constexpr std::string_view kLine = "GET / HTTP/1.1\r\n";
  const std::string_view line = bytes.substr(line_at_);
  const std::string_view version = versionOf(line);
  if (!version.starts_with("HTTP/1.")) return error::bad_version;
  const auto line_bytes = static_cast<std::size_t>(version.data() + version.size() - line.data());
  const std::string_view end = line.substr(line_bytes, 2);
  grammar_.emplace(*this);
  if (end == "\r" || end.empty()) return error::need_more;
  if (end != "\r\n") return error::bad_version;
  const std::size_t space = line.find(' ');
  method_ = span(line.substr(0, space));
  target_ = span(line.substr(space + 1, line_bytes - version.size() - space - 2));
  later_minor_ = true;
  consumed_ += line_bytes + end.size();
  beast::error_code error;
  grammar_->put(boost::asio::const_buffer(kLine.data(), kLine.size()), error);
  return error == error::need_more ? parseMore(bytes) : error;
}

// Beast waits for the empty line of a head that isn't whole, and wouldn't see that a line has ended
// otherwise: the client would wait for its time limit.
bool RequestParser::checkLineEnds(std::string_view bytes) {
  for (std::size_t at = line_ends_checked_; (at = bytes.find('\n', at)) != bytes.npos; ++at) {
    if (at == 0 || bytes[at - 1] != '\r') return refuse(400, "A line ends with LF alone.");
  }
  line_ends_checked_ = bytes.size();
  return true;
}

bool RequestParser::decodeBody(Inbox& inbox) {
  while (!bodyComplete() && !inbox.raw().empty()) {
    const std::string_view raw = inbox.raw();
    ChunkDecoder::Piece piece;
    if (head_.chunked) {
      const auto next = chunks_.next(raw);
      if (!next) return refuse(400, "The body's chunks are malformed.");
      piece = *next;
    } else {
      piece.taken = std::min<std::uint64_t>(body_left_, raw.size());
      piece.data = raw.substr(0, piece.taken);
      body_left_ -= piece.taken;
    }
    inbox.dropRaw(piece.taken - piece.data.size());
    if (piece.data.empty()) continue;
    inbox.makeReady(piece.data);
    inbox.dropRaw(piece.data.size());
    body_bytes_ += piece.data.size();
  }
  return true;
}

std::optional<std::uint64_t> RequestParser::bodyRemaining() const {
  if (bodyComplete()) return 0;
  if (head_.chunked) return std::nullopt;
  return body_left_;
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
      return recordHost(value);
    case beast::http::field::content_length:
      if (has_content_length_) return refuse(400, "The Content-Length field is repeated.");
      has_content_length_ = true;
      if (value.find_first_not_of("0123456789") == value.npos) return true;
      return refuse(400, "The Content-Length field is malformed.");
    case beast::http::field::content_type:
      if (has_content_type_) return refuse(400, "The Content-Type field is repeated.");
      return has_content_type_ = true;
    case beast::http::field::transfer_encoding:
      return recordCodings(value);
    case beast::http::field::connection:
      if (version_ == 10) recordConnection(value);
      return true;
    case beast::http::field::expect:
      return checkExpect(value);
    default:
      return true;
  }
}

bool RequestParser::recordHost(std::string_view value) {
  if (host_at_) return refuse(400, "The Host field is repeated.");
  const auto authority = parseAuthority(value);
  if (!authority) return refuse(400, "The Host field is neither HOST nor HOST:PORT.");
  host_at_ = spans_.size() - 1;
  host_bytes_ = authority->host.size();
  port_ = authority->port;
  return true;
}

bool RequestParser::recordCodings(std::string_view value) {
  // RFC 9112 6.1: framing that an HTTP/1.0 client can't have meant.
  if (version_ == 10) return refuse(400, "HTTP/1.0 has no Transfer-Encoding.");
  codings_.any = true;
  for (bool more = true; more;) {
    const std::size_t comma = value.find(',');
    codings_.behind_chunked |= codings_.chunked_last;
    codings_.chunked_last = isChunked(trim(value.substr(0, comma)));
    codings_.unknown |= !codings_.chunked_last;
    more = comma != value.npos;
    if (more) value.remove_prefix(comma + 1);
  }
  return true;
}

void RequestParser::recordConnection(std::string_view value) {
  for (const auto option : beast::http::token_list({value.data(), value.size()})) {
    closes_ |= beast::iequals(option, "close");
  }
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
  if (!host_at_ && version_ != 10) return refuse(400, "The Host field is missing.");
  if (!checkCodings()) return false;
  head_.method = view(method_);
  const auto target = parseTarget(head_.method, view(target_));
  if (!target) return refuse(400, "The request target is malformed.");
  if (head_.method == "CONNECT") return refuse(501, "This server isn't a proxy.");
  head_.path = target->path;
  head_.query = target->query;
  head_.protocol = version_ == 10 ? "HTTP/1.0" : "HTTP/1.1";
  fields_.resize(spans_.size());
  for (std::size_t i = 0; i < spans_.size(); ++i) {
    fields_[i] = {view(spans_[i].name), view(spans_[i].value)};
  }
  takeHost(target->authority);
  head_.fields = fields_;
  takeBodyLength();
  return true;
}

bool RequestParser::checkCodings() {
  if (!codings_.any || (!codings_.unknown && !codings_.behind_chunked)) return true;
  // Without "chunked" at the end, and there only, nobody could tell where the body ends (RFC 9112
  // 6.3).
  if (!codings_.chunked_last || codings_.behind_chunked) {
    return refuse(400, "The last transfer coding, and no other, must be \"chunked\".");
  }
  return refuse(501, "The only transfer coding understood is \"chunked\".");
}

// An absolute target wins over the Host field, which then says the same (RFC 9112 3.2.2).
void RequestParser::takeHost(const std::optional<Authority>& of_target) {
  if (of_target) {
    head_.host = of_target->host;
    head_.port = of_target->port;
    if (host_at_) {
      fields_[*host_at_].value = of_target->text;
    } else {
      fields_.push_back({"Host", of_target->text});
    }
  } else if (host_at_) {
    head_.host = fields_[*host_at_].value.substr(0, host_bytes_);
    head_.port = port_;
  } else {
    head_.host = {};
    head_.port.reset();
  }
}

void RequestParser::takeBodyLength() {
  const auto length = grammar_->content_length();
  head_.content_length = length ? std::optional<std::uint64_t>(*length) : std::nullopt;
  head_.chunked = grammar_->chunked();
  body_left_ = head_.content_length.value_or(0);
  if (bodyComplete()) expects_continue_ = false;
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
  } else if (error == error::bad_version && !versionOf(request).empty() &&
             !versionOf(request).starts_with("HTTP/1.")) {
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
