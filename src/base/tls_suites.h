// The cipher suites of TLS 1.2 that this program uses in every role: as a server, for guests'
// requests, to fetch.
#pragma once

namespace wagi {

// Suites with forward secrecy (ECDHE) and authenticated encryption only, as RFC 9325 4.2 asks for.
// TLS 1.3 has no others.
inline constexpr const char* kTls12Suites = "ECDHE+AESGCM:ECDHE+CHACHA20";

}  // namespace wagi
