// Reads the headers that a guest gives with a request, and writes those of an answer for it. Both
// are lines "name:value" that end with \n. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wagi::outbound {

// Whether `text` is a method that a guest may use: a token (RFC 9110 5.6.2), but not CONNECT, which
// would make the connection a tunnel.
[[nodiscard]] bool isMethod(std::string_view text);

// The fields of a request, ready to be sent.
struct RequestFields {
  std::string text;  // "name: value\r\n" for each.
  bool has_user_agent = false;
};
// Reads a guest's lines. Fields that aren't the guest's to decide are left out: Host, which is the
// URL's, Content-Length, and all fields of the connection itself (RFC 9110 7.6.1), those that its
// Connection field names among them. So a guest may pass on all that it was sent. nullopt means
// that a line isn't a field; nothing is repaired.
[[nodiscard]] std::optional<RequestFields> readRequestFields(std::string_view lines);

// The fields of an answer.
class AnswerFields {
 public:
  // REQUIRES: `name` is a token.
  void add(std::string_view name, std::string_view value);
  // The first value of the field `name`, in any case; null where there is none.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  // All fields as lines, names in lower case. Fields whose value isn't UTF-8 are left out, since
  // the guests' libraries couldn't read them.
  [[nodiscard]] std::string lines() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace wagi::outbound
