// The names that a site answers for, and the table that finds the site of a request's host.
//
// Pure. A host is compared as names are (RFC 4343): without regard to case, and to a dot at the end
// (RFC 3986 3.2.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace wagi::routing {

// Stands for every host that no other site has.
inline constexpr std::string_view kAnyHost = "*";

// `text` in the form in which hosts are compared: a name or an IPv4 address in lower case, an IPv6
// address in brackets, "*.NAME" for every name below NAME, or "*". The error says what is wrong.
[[nodiscard]] Result<std::string> parseHostPattern(std::string_view text);

// Filled once, then only asked. A lookup allocates nothing, and costs one probe for each label of
// the host, however many sites there are.
class HostTable {
 public:
  // False where another site has the pattern already. REQUIRES: parseHostPattern() gave it.
  bool add(std::string_view pattern, std::size_t site);

  // The site of an exact name, else of the longest "*." that has it, else of "*". `host` is as a
  // client sent it, without a port; an address keeps its brackets.
  [[nodiscard]] std::optional<std::size_t> find(std::string_view host) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using Sites = std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>>;

  Sites exact_;
  Sites below_;  // By ".NAME".
  std::optional<std::size_t> any_;
};

}  // namespace wagi::routing
