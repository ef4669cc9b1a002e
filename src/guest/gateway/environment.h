// Makes the environment with which a guest sees a request (RFC 3875 4.1, and Wagi's additions).
//
// Each route has a template, made at start, in which all that is the same for every request is laid
// out already. It is immutable. The caller keeps the block that build() writes to and reuses it, so
// that a request allocates nothing once the block has grown.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/block.h"
#include "base/message.h"

namespace wagi::gateway {

// The host and port of a request that names none, as configured by `--hostname`.
struct DefaultHost {
  std::string host = "localhost";
  std::optional<std::uint16_t> port = 3000;
};

// The route that a request matched, in the form in which its guest sees it.
struct RouteNames {
  std::string_view pattern;      // As configured, with its "/...": X_MATCHED_ROUTE.
  std::string_view script_name;  // SCRIPT_NAME
};

// The variables of one route. Each name occurs once: a built-in variable wins over a configured one
// of its name, and so does a header's HTTP_*; of two configured ones the later wins. Every value is
// UTF-8 without NUL, whatever a client sends: other bytes are percent-encoded where the target is
// shown as it was sent, and become U+FFFD elsewhere; a NUL becomes "%00".
class EnvironmentTemplate {
 public:
  using Variable = std::pair<std::string, std::string>;

  // Copies what `route` names.
  EnvironmentTemplate(const RouteNames& route, std::span<const Variable> configured,
                      DefaultHost default_host);

  // Replaces the content of `out` by the environment. `path_info` (PATH_INFO) is the part of
  // head.path behind the route, still percent-encoded. `content_length` is the whole body's length,
  // 0 without one.
  void build(const RequestHead& head, std::string_view path_info, std::uint64_t content_length,
             Block& out) const;

 private:
  // A configured variable that a request may override: by a field, its scheme or its certificate.
  struct Conditional {
    std::string name;
    std::string line;    // "NAME=VALUE" with its NUL.
    std::uint64_t hash;  // FieldVariables::hashOf(name).
  };

  static void addTarget(const RequestHead& head, std::string_view path_info, Block& out);
  void addServer(const RequestHead& head, Block& out) const;
  static void addClient(const ClientCertificate& client, Block& out);

  const DefaultHost default_host_;
  Block fixed_;                   // The variables that are the same for every request.
  std::size_t anonymous_at_ = 0;  // Where in fixed_ those begin that a known client replaces.
  std::vector<Conditional> conditional_;  // Configured HTTPS, HTTP_*, SSL_CLIENT_*; usually empty.
};

}  // namespace wagi::gateway
