// Whom a request is for, as a target, a Host field or a configuration writes it (RFC 3986 3.2, RFC
// 9110 7.2). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace wagi {

// HOST[:PORT] taken apart, for a reader that is stricter about either: views into the text.
struct AuthorityParts {
  std::string_view host;                 // Ends with ']' where it begins with '['.
  std::optional<std::string_view> port;  // Without its ':'; absent where there is none.
};

// nullopt: a '[' has no ']', or something else than a port is behind that.
[[nodiscard]] std::optional<AuthorityParts> splitAuthority(std::string_view text);

// Digits, and a number that TCP has; 0 is one.
[[nodiscard]] std::optional<std::uint16_t> parsePort(std::string_view text);

// HOST[:PORT]: views into the text that was read.
struct Authority {
  enum class Kind : std::uint8_t { kName, kIpv6, kIpFuture };  // An IPv4 address counts as a name.

  std::string_view text;  // The whole authority.
  std::string_view host;  // As sent; an address keeps its brackets. Empty only if `text` is.
  Kind kind = Kind::kName;
  std::optional<std::uint16_t> port;  // Absent for "HOST:" too (RFC 3986 3.2.3).
};

// Reads an authority that a client sends; no other code does. nullopt means that it is malformed,
// or has a port over 65535. A user's name and a port without a host are refused, since an http URI
// has neither (RFC 9110 4.2.1, 4.2.4). Empty text is good: a Host field may say that there is no
// authority.
[[nodiscard]] std::optional<Authority> parseAuthority(std::string_view text);

}  // namespace wagi
