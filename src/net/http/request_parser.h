// Requests of HTTP/1 as they come from a socket: Beast's parser for their heads, without its
// containers, and our own for what frames their bodies.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/authority.h"
#include "base/message.h"
#include "net/http/chunk_decoder.h"

namespace wagi::http {

class Inbox;

// Why a request is refused.
struct Refusal {
  int status = 0;
  std::string_view detail;  // A sentence for a person; a literal.
};

// Reads one request after another. Fields are kept as offsets while a head grows, and become views
// into the caller's bytes when it is whole: nothing is copied, and nothing is allocated once the
// vectors have grown. Belongs to one session.
//
// Stricter than the standard asks where two readings of one message could differ: folded fields and
// trailers, repeated Content-Length, a Transfer-Encoding other than "chunked" and bare LF are
// refused. A repeated Content-Type, too, since two variables of CGI show it (RFC
// 3875 4.1.3, 4.1.18).
class RequestParser {
 public:
  struct Limits {
    std::size_t head_bytes_max;
    std::size_t fields_max;
  };
  enum class State { kNeedMore, kDone, kRefused };

  explicit RequestParser(Limits limits) : limits_(limits) { reset(); }

  // For the next request.
  void reset();

  // `bytes` begin with the request's first byte; called again with more of them, wherever they lie
  // now. Once it is kDone, head() views `bytes`.
  [[nodiscard]] State parseHead(std::string_view bytes);
  // REQUIRES: parseHead() gave kRefused, or decodeBody() false.
  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

  // REQUIRES of all below: parseHead() gave kDone.
  [[nodiscard]] RequestHead& head() { return head_; }
  [[nodiscard]] const RequestHead& head() const { return head_; }
  // The length of the request line and the fields, with the empty line after them.
  [[nodiscard]] std::size_t headBytes() const { return consumed_; }
  // In HTTP/1.0 "close" wins over "keep-alive" (RFC 9112 9.3), which Beast reads otherwise.
  [[nodiscard]] bool keepAlive() const { return grammar_->keep_alive() && !closes_; }
  [[nodiscard]] bool isHttp10() const { return version_ == 10; }
  // Whether the client waits for "100 Continue" before it sends the body.
  [[nodiscard]] bool expectsContinue() const { return expects_continue_; }

  // Makes what raw bytes hold of the body ready. False: they can't be a body.
  [[nodiscard]] bool decodeBody(Inbox& inbox);
  [[nodiscard]] bool bodyComplete() const {
    return head_.chunked ? chunks_.done() : body_left_ == 0;
  }
  // The length of the body so far, without its framing.
  [[nodiscard]] std::uint64_t bodyBytes() const { return body_bytes_; }
  // How much of the body is still to come, where the client said it.
  [[nodiscard]] std::optional<std::uint64_t> bodyRemaining() const;

 private:
  // Where a piece of the head stands, counted from the request's first byte.
  struct Span {
    std::uint32_t at = 0, size = 0;
  };
  struct FieldSpan {
    Span name, value;
  };

  class Grammar final : public boost::beast::http::basic_parser<true> {
   public:
    explicit Grammar(RequestParser& owner);

   private:
    using ErrorCode = boost::beast::error_code;
    using View = boost::beast::string_view;
    void on_request_impl(boost::beast::http::verb verb, View method, View target, int version,
                         ErrorCode& error) override;
    void on_response_impl(int, View, int, ErrorCode&) override {}
    void on_field_impl(boost::beast::http::field field, View name, View value,
                       ErrorCode& error) override;
    void on_header_impl(ErrorCode&) override {}
    // Beast's parser is given no body, so these have nothing to do.
    void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override {}
    std::size_t on_body_impl(View, ErrorCode&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, View, ErrorCode&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, View, ErrorCode&) override { return 0; }
    void on_finish_impl(ErrorCode&) override {}

    RequestParser& owner_;
  };

  // The codings that the Transfer-Encoding fields list, in their order (RFC 9112 6.1).
  struct Codings {
    bool any = false;
    bool unknown = false;  // One that isn't "chunked".
    bool chunked_last = false;
    bool behind_chunked = false;  // Something follows a "chunked".
  };

  boost::beast::error_code parseMore(std::string_view bytes);
  boost::beast::error_code parseLaterMinor(std::string_view bytes);
  [[nodiscard]] bool checkLineEnds(std::string_view bytes);
  [[nodiscard]] Span span(std::string_view text) const;
  [[nodiscard]] std::string_view view(Span span) const { return {base_ + span.at, span.size}; }
  [[nodiscard]] bool recordField(boost::beast::http::field field, std::string_view name,
                                 std::string_view value);
  [[nodiscard]] bool recordHost(std::string_view value);
  [[nodiscard]] bool recordCodings(std::string_view value);
  void recordConnection(std::string_view value);
  [[nodiscard]] bool checkExpect(std::string_view value);
  [[nodiscard]] bool finishHead();
  [[nodiscard]] bool checkCodings();
  void takeHost(const std::optional<Authority>& of_target);
  void takeBodyLength();
  bool refuse(int status, std::string_view detail);
  void refuseFor(const boost::beast::error_code& error, std::string_view request);

  const Limits limits_;
  std::optional<Grammar> grammar_;  // Beast's parser reads one message: a new one for each.
  const char* base_ = nullptr;      // The first of the bytes being parsed.
  std::size_t size_ = 0;
  std::size_t line_at_ = 0;  // Where the request line begins.
  std::size_t consumed_ = 0;
  std::size_t line_ends_checked_ = 0;  // Up to there no line ends with LF alone.
  Span method_, target_;
  int version_ = 0;           // 10 or 11; 0 until the request line has come.
  bool later_minor_ = false;  // The version is HTTP/1.2 or later, served as HTTP/1.1.
  bool expects_continue_ = false;
  bool closes_ = false;  // An HTTP/1.0 client said "close".
  bool has_content_length_ = false;
  bool has_content_type_ = false;
  Codings codings_;
  std::optional<std::size_t> host_at_;  // The Host field's place in spans_.
  std::size_t host_bytes_ = 0;          // The host's length in its value; a port may follow.
  std::optional<std::uint16_t> port_;
  ChunkDecoder chunks_;
  std::uint64_t body_left_ = 0;  // Bytes to come of a body whose length was said.
  std::uint64_t body_bytes_ = 0;
  Refusal refusal_;
  std::vector<FieldSpan> spans_;
  std::vector<Field> fields_;
  RequestHead head_;
};

}  // namespace wagi::http
