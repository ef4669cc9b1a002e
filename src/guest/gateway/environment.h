// A request's environment as the guest sees it (RFC 3875 4.1, and what Wagi adds).
//
// A template is made for each route at start; all that is the same for each request is laid out
// then. It is immutable; build() appends to a block that the caller keeps and reuses, so that a
// request allocates nothing once the block has grown.
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

// `--hostname`: stands in for what a request doesn't say of whom it is for.
struct DefaultHost {
  std::string host = "localhost";
  std::optional<std::uint16_t> port = 3000;
};

// The route that a request matched, as its guest is told of it.
struct RouteNames {
  std::string_view pattern;      // As configured, with its "/...": X_MATCHED_ROUTE.
  std::string_view script_name;  // SCRIPT_NAME
};

// Each name occurs once. A built-in variable wins over a configured one of its name, a header's
// HTTP_* too; of two configured ones the later wins. Every value is UTF-8 without NUL, whatever a
// client sends: other bytes are percent-encoded where the target is shown as it was sent, and
// become U+FFFD elsewhere; a NUL becomes "%00".
class EnvironmentTemplate {
 public:
  using Variable = std::pair<std::string, std::string>;

  // Copies what `route` names.
  EnvironmentTemplate(const RouteNames& route, std::span<const Variable> configured,
                      DefaultHost default_host);

  // Replaces what is in `out`. `path_info` is the end of head.path that the route left, still
  // percent-encoded: PATH_INFO. `content_length` is the length of the whole body, 0 for none.
  void build(const RequestHead& head, std::string_view path_info, std::uint64_t content_length,
             Block& out) const;

 private:
  // A configured variable that only some requests override.
  struct Conditional {
    std::string name;
    std::string line;  // NAME=VALUE
    std::uint64_t hash;
  };

  static void addTarget(const RequestHead& head, std::string_view path_info, Block& out);
  void addServer(const RequestHead& head, Block& out) const;
  static void addClient(const ClientCertificate& client, Block& out);

  const DefaultHost default_host_;
  Block fixed_;
  std::size_t anonymous_at_ = 0;  // Where the lines begin that a known client's replace.
  std::vector<Conditional> conditional_;  // HTTPS, HTTP_*, SSL_CLIENT_*; usually none.
};

}  // namespace wagi::gateway
