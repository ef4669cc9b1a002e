// What TLS 1.2 may use here, in every role: as a server, for guests' requests, to fetch.
#pragma once

namespace wagi {

// RFC 9325 4.2: forward secrecy (ECDHE) and authenticated encryption. Suites of TLS 1.3 all are so.
inline constexpr const char* kTls12Suites = "ECDHE+AESGCM:ECDHE+CHACHA20";

}  // namespace wagi
