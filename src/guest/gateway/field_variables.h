// Turns the header fields of one request into HTTP_* variables (RFC 3875 4.1.18).
//
// The object lives on the stack while an environment is built, and views the request's fields.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/block.h"
#include "base/message.h"

namespace wagi::gateway {

// Some fields are not passed on: `Authorization` and `Proxy-Authorization` are secrets (RFC 3875
// 4.1.18), `Connection` is the server's own, `Proxy` would become HTTP_PROXY, which HTTP clients in
// the guest obey, and a name with '_' could pass for one with '-' that a proxy in front has
// checked.
class FieldVariables {
 public:
  explicit FieldVariables(std::span<const Field> fields);

  // The value of Content-Type as sent; empty without one. The folder http refuses a second one.
  [[nodiscard]] std::string_view contentType() const { return content_type_; }

  // Whether addTo() adds the variable `name`, whose hash is hashOf(name).
  [[nodiscard]] bool has(std::string_view name, std::uint64_t hash) const;
  [[nodiscard]] static std::uint64_t hashOf(std::string_view name);

  // Adds one variable for each name: the values of a repeated field are joined, in their order,
  // with ", " ("; " for Cookie). A value that isn't visible ASCII becomes kCorruptValue. REQUIRES:
  // called once, and no has() after it.
  void addTo(Block& out);

 private:
  std::span<const Field> fields_;
  // The hash of each field's name as a variable; 0 for one that isn't passed on, or was already.
  boost::container::small_vector<std::uint64_t, 128> hashes_;
  std::string_view content_type_;
};

inline constexpr std::string_view kCorruptValue = "CORRUPT VALUE";

}  // namespace wagi::gateway
