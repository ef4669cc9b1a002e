// The named limits of connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace wagi::http {

struct Limits {
  std::size_t head_bytes_max = 64 << 10;          // Request line and fields; over it 431 or 414.
  std::size_t fields_max = 128;                   // Header fields of a request; over it 431.
  std::size_t read_buffer_bytes_max = 64 << 10;   // Read of a body ahead of the guest.
  std::size_t discard_bytes_max = 256 << 10;      // Body read and dropped to keep a connection.
  std::size_t spool_memory_bytes_max = 64 << 10;  // A chunked body over it goes to a file.
  std::size_t connections_max = 100'000;          // In one worker; over it connections wait.
  std::chrono::milliseconds idle_max{75'000};     // Between two requests.
  std::chrono::milliseconds head_max{15'000};     // From a request's first byte to its head's end.
  std::chrono::milliseconds io_max{30'000};       // For the next bytes of a body, or to take ours.
};

}  // namespace wagi::http
