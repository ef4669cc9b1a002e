// The parts of an HTTP message that pass between folders. All text in them is a view into bytes
// that the connection holds for as long as the request lives.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace wagi {

// A header field (RFC 9110 5): the name as sent, the value without the white space around it.
struct Field {
  std::string_view name;
  std::string_view value;
};

// The certificate that a client showed in TLS, where its listener asks for one.
struct ClientCertificate {
  bool verified = false;    // False: the client showed none, and the rest is empty.
  std::string subject;      // Distinguished names in the form of RFC 2253.
  std::string common_name;  // The subject's; empty where it has none.
  std::string issuer;
  std::string serial;                   // In hexadecimal digits.
  std::string valid_from, valid_until;  // "Nov 28 00:00:00 2026 GMT"
};

// A request line, its fields, and what they say of the body and the connection.
struct RequestHead {
  std::string_view method;  // As sent.
  std::string_view path;    // As sent, still percent-encoded; begins with '/', or is "*".
  std::optional<std::string_view> query;  // Without '?'; absent where there is no '?'.
  // `host` and `port` come from an absolute target, else from the Host field (RFC 9112 3.2.2, 3.3).
  // They are empty and absent where neither names a host. A Host among `fields` agrees with them.
  std::string_view host;  // As parseAuthority() gives it.
  std::optional<std::uint16_t> port;
  std::string_view protocol;  // "HTTP/1.0", "HTTP/1.1", "HTTP/2.0".
  std::string_view scheme;    // "http" or "https".
  // The client's IP address in text, without a port; "unix:" where it has none.
  std::string_view remote_address;
  const ClientCertificate* client_certificate = nullptr;  // Null where none is asked for.
  std::span<const Field> fields;                          // In the order they came.
  std::optional<std::uint64_t> content_length;            // Absent: no body, or a chunked one.
  bool chunked = false;  // The body's length is known at its end only.
};

// A final answer's status line and fields. The HTTP layer adds those that frame the message
// (Connection, Content-Length, Date, Server, Transfer-Encoding); `fields` must not have them.
struct ResponseHead {
  int status = 200;
  std::string_view reason;  // Empty: the standard phrase of the status.
  std::span<const Field> fields;
};

}  // namespace wagi
