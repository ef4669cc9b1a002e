// Addresses as flags and files write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace wagi::config {

// Where a server listens.
struct Endpoint {
  enum class Kind : std::uint8_t {
    kIp,         // A port of an IP address.
    kUnix,       // A socket in the file system.
    kInherited,  // A socket that whoever started this process opened (sd_listen_fds(3)).
  };
  Kind kind = Kind::kIp;
  std::string ip = {};     // kIp: IPv4 or IPv6, without brackets.
  std::uint16_t port = 0;  // kIp; 0: the kernel chooses one.
  bool v6 = false;
  std::string path = {};  // kUnix: absolute, or relative to the working directory.
  std::string name = {};  // kInherited: its FileDescriptorName (systemd.socket(5)).

  bool operator==(const Endpoint&) const = default;
  // "127.0.0.1:3000", "[::1]:3000", "unix:/run/wagi.sock", "systemd:web"
  [[nodiscard]] std::string text() const;
};

// IP:PORT, [IPv6]:PORT, unix:PATH or systemd:NAME. Names of hosts aren't looked up.
[[nodiscard]] Result<Endpoint> parseEndpoint(std::string_view text);

// HOST[:PORT]: views into the text that was split.
struct HostPort {
  std::string_view host;  // An IPv6 address keeps its brackets (RFC 3875 4.1.14).
  std::optional<std::uint16_t> port;
};

// The host is a name, an IPv4 address or an IPv6 address in brackets.
[[nodiscard]] Result<HostPort> parseHostPort(std::string_view text);

}  // namespace wagi::config
