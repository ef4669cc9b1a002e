// The headers that a guest gives with a request, and those of an answer as it gets them: lines
// "name:value" that end with \n. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace wagi::outbound {

// Whether a guest may name its method so: a token (RFC 9110 5.6.2), and no CONNECT, which would
// make a tunnel of the connection.
[[nodiscard]] bool isMethod(std::string_view text);

// The fields of a request, ready to be sent: "name: value\r\n" each. Left out is what isn't the
// guest's to say: Host, which is the URL's, Content-Length, and all fields of the connection itself
// (RFC 9110 7.6.1), those that its Connection field names among them. So a guest may pass on all
// that it was sent. Nullopt: a line that is no field; nothing is repaired.
struct RequestFields {
  std::string text;
  bool has_user_agent = false;
};
[[nodiscard]] std::optional<RequestFields> readRequestFields(std::string_view lines);

// Those of an answer.
class AnswerFields {
 public:
  // REQUIRES: a name is a token.
  void add(std::string_view name, std::string_view value);
  // The first value of a name, in whatever case; null when there is none.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  // All lines, names in lower case. Values that aren't UTF-8 are left out, as the guests' libraries
  // couldn't read them.
  [[nodiscard]] std::string lines() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace wagi::outbound
