#include "net/http/response_writer.h"

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <cassert>
#include <charconv>
#include <ostream>  // Boost's string_view needs it whole.

namespace wagi::http {
namespace {

// A chunk's size is written when the chunk is closed, over these digits.
constexpr std::string_view kChunkSize = "00000000\r\n";
constexpr std::size_t kChunkBytesMax = 0xffff'ffff;
// Sent bytes are removed from the front in steps of this, so that each moves few times.
constexpr std::size_t kCompactBytes = 64 << 10;

void appendNumber(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

// A line that a field can't leave: without CR, LF and NUL nothing of it is framing.
bool isOneLine(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

std::string_view reasonPhrase(int status) {
  const auto phrase =
      boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  if (phrase == "<unknown-status>") return "Unknown";
  return {phrase.data(), phrase.size()};
}

void ResponseWriter::reset(Request request) {
  request_ = request;
  state_ = State::kNew;
  framing_ = Framing::kNone;
  persist_ = Persist::kKeep;
  content_length_.reset();
  written_ = 0;
  head_at_ = 0;
  chunk_at_ = kNoChunk;
  held_.clear();
}

void ResponseWriter::start(const ResponseHead& head, std::optional<std::uint64_t> content_length,
                           std::string_view standard_fields) {
  assert(state_ == State::kNew);
  state_ = State::kHeld;
  head_at_ = out_.size();
  // Interim statuses are not for handlers, and three digits are all there are.
  status_ = head.status >= 200 && head.status <= 999 ? head.status : 500;
  content_length_ = content_length;
  const bool own_reason = !head.reason.empty() && isOneLine(head.reason);
  out_ += "HTTP/1.1 ";
  appendNumber(out_, static_cast<std::uint64_t>(status_));
  out_ += ' ';
  out_ += own_reason ? head.reason : reasonPhrase(status_);
  out_ += "\r\n";
  out_ += standard_fields;
  for (const Field& field : head.fields) {
    if (!isOneLine(field.name) || !isOneLine(field.value)) continue;
    out_ += field.name;
    out_ += ": ";
    out_ += field.value;
    out_ += "\r\n";
  }
}

void ResponseWriter::write(std::string_view bytes) {
  assert(state_ == State::kHeld || state_ == State::kStreaming);
  if (content_length_) bytes = bytes.substr(0, *content_length_ - written_);
  written_ += bytes.size();
  if (bodyless()) return;
  if (state_ == State::kHeld) {
    held_ += bytes;
  } else {
    appendBody(bytes);
  }
}

void ResponseWriter::frame(Persist persist) {
  if (state_ == State::kHeld) {
    finishHead(Extent::kPart, persist);
    state_ = State::kStreaming;
    appendBody(held_);
    held_.clear();
  }
  closeChunk();
}

bool ResponseWriter::end(Persist persist) {
  assert(state_ == State::kHeld || state_ == State::kStreaming);
  if (content_length_ && written_ < *content_length_ && !bodyless()) {
    frame(persist);
    abort();
    return false;
  }
  if (state_ == State::kHeld) {
    finishHead(Extent::kWhole, persist);
    out_ += held_;
    held_.clear();
  } else {
    closeChunk();
    if (framing_ == Framing::kChunked) out_ += "0\r\n\r\n";
  }
  state_ = State::kEnded;
  return true;
}

void ResponseWriter::abort() {
  assert(!ended());
  frame(Persist::kClose);
  state_ = State::kAborted;
  persist_ = Persist::kClose;
}

void ResponseWriter::retract() {
  assert(retractable());
  if (state_ == State::kHeld) out_.resize(head_at_);
  reset(request_);
}

void ResponseWriter::finishHead(Extent extent, Persist persist) {
  if (status_ == 204 || status_ == 304) {
    // Neither has a body, and 204 may not even say so (RFC 9110 8.6).
    framing_ = Framing::kNone;
  } else if (content_length_ || extent == Extent::kWhole || status_ == 205) {
    framing_ = Framing::kLength;
    out_ += "Content-Length: ";
    appendNumber(out_, status_ == 205 ? 0 : content_length_.value_or(written_));
    out_ += "\r\n";
  } else if (request_.is_http_1_0) {
    framing_ = Framing::kClose;
    persist = Persist::kClose;
  } else {
    framing_ = Framing::kChunked;
    out_ += "Transfer-Encoding: chunked\r\n";
  }
  if (bodyless()) framing_ = Framing::kNone;
  persist_ = persist;
  if (closes()) {
    out_ += "Connection: close\r\n";
  } else if (request_.is_http_1_0) {
    out_ += "Connection: keep-alive\r\n";
  }
  out_ += "\r\n";
}

void ResponseWriter::appendBody(std::string_view bytes) {
  if (framing_ == Framing::kNone) return;
  if (framing_ != Framing::kChunked) {
    out_ += bytes;
    return;
  }
  while (!bytes.empty()) {
    if (chunk_at_ == kNoChunk) {
      chunk_at_ = out_.size();
      out_ += kChunkSize;
    }
    const std::size_t in_chunk = out_.size() - chunk_at_ - kChunkSize.size();
    const std::size_t count = std::min(bytes.size(), kChunkBytesMax - in_chunk);
    out_ += bytes.substr(0, count);
    bytes.remove_prefix(count);
    if (!bytes.empty()) closeChunk();
  }
}

void ResponseWriter::closeChunk() {
  if (chunk_at_ == kNoChunk) return;
  std::size_t size = out_.size() - chunk_at_ - kChunkSize.size();
  for (std::size_t digit = 8; digit-- > 0; size >>= 4) {
    out_[chunk_at_ + digit] = "0123456789abcdef"[size & 15];
  }
  out_ += "\r\n";
  chunk_at_ = kNoChunk;
}

bool ResponseWriter::bodyless() const {
  return request_.is_head || status_ == 204 || status_ == 205 || status_ == 304;
}

std::string_view ResponseWriter::unsent() const {
  const std::size_t end = state_ == State::kHeld ? head_at_ : std::min(chunk_at_, out_.size());
  return std::string_view(out_).substr(sent_, end - sent_);
}

void ResponseWriter::sent(std::size_t count) {
  sent_ += count;
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
    return;
  }
  if (sent_ < kCompactBytes || sent_ < out_.size() / 2) return;
  out_.erase(0, sent_);
  if (state_ == State::kHeld) head_at_ -= sent_;
  if (chunk_at_ != kNoChunk) chunk_at_ -= sent_;
  sent_ = 0;
}

void ResponseWriter::shrink() {
  if (out_.capacity() > kKeptBytes) std::string().swap(out_);
  if (held_.capacity() > kKeptBytes) std::string().swap(held_);
}

}  // namespace wagi::http
