// The sockets that a server accepts connections from.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "config/address.h"

namespace wagi::runner {

// Removes the file of a Unix socket at its end, in the process that made it and in no child of
// that.
class SocketFile {
 public:
  SocketFile() = default;
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile();

 private:
  std::string path_;  // Empty: there is none.
  pid_t owner_ = -1;
};

struct Listener {
  UniqueFd fd;                // Listening, non-blocking.
  config::Endpoint asked;     // As it was given.
  config::Endpoint endpoint;  // With the port that the kernel chose, where none was asked for.
  SocketFile file = {};
};

// `mode` is that of a Unix socket's file: who may connect. Without one it is what the umask leaves.
// The error says what is in the way, and what to do about it.
[[nodiscard]] Result<Listener> listenOn(const config::Endpoint& endpoint,
                                        std::optional<std::uint32_t> mode = std::nullopt);

// For people: "http://127.0.0.1:3000", "https://[::]:443", "unix:/run/wagi.sock".
[[nodiscard]] std::string addressOf(const config::Endpoint& endpoint, bool has_tls);

}  // namespace wagi::runner
