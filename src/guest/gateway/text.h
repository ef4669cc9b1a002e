// Makes a client's text fit for a guest's argv and environment: UTF-8 without NUL.
#pragma once

#include <string>
#include <string_view>

namespace wagi::gateway {

// Appends `text`; a byte that isn't part of UTF-8 (RFC 3629) becomes U+FFFD, a NUL "%00".
void appendText(std::string_view text, std::string& out);

// Appends `text`, a piece of a request's target as it was sent. Bytes that aren't part of UTF-8 and
// NULs are percent-encoded, which means the same (RFC 3986 2.5) and loses nothing.
void appendTarget(std::string_view text, std::string& out);

// Appends `text` with its %XX decoded, as appendText() does. A '%' without two hex digits stays as
// it is, and so does %00, since a NUL would end the string for the guest.
void appendDecoded(std::string_view text, std::string& out);

// Whether `text` is only visible ASCII, blanks and tabs, as a header's value should be.
[[nodiscard]] bool isVisible(std::string_view text);

}  // namespace wagi::gateway
