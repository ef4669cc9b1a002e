#include "net/outbound/fields.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/utf8.h"
#include "net/outbound/limits.h"

namespace wagi::outbound {
namespace {

constexpr auto kOfConnection = std::to_array<std::string_view>(
    {"host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection",
     "proxy-authorization", "proxy-authenticate", "te", "trailer", "upgrade", "http2-settings",
     "expect"});

bool isOneOf(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != std::ranges::end(names);
}

struct Line {
  std::string name;  // In lower case.
  std::string_view written_name, value;
};

// Splits lines into fields; nullopt means that one isn't a field.
std::optional<std::vector<Line>> split(std::string_view lines) {
  std::vector<Line> result;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view name = line.substr(0, colon), value = trim(line.substr(colon + 1));
    if (!isToken(name) || !isFieldValue(value)) return std::nullopt;
    result.push_back({lowered(name), name, value});
  }
  return result;
}

// The names in Connection fields: these fields concern the connection, too.
std::vector<std::string> namedByConnection(const std::vector<Line>& lines) {
  std::vector<std::string> names;
  for (const Line& line : lines) {
    if (line.name != "connection") continue;
    std::string_view rest = line.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      names.push_back(lowered(trim(rest.substr(0, comma))));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return names;
}

}  // namespace

bool isMethod(std::string_view text) {
  return text.size() <= kMethodBytesMax && isToken(text) && lowered(text) != "connect";
}

std::optional<RequestFields> readRequestFields(std::string_view lines) {
  if (lines.size() > kRequestFieldsBytesMax) return std::nullopt;
  const auto fields = split(lines);
  if (!fields) return std::nullopt;
  const std::vector<std::string> named = namedByConnection(*fields);
  RequestFields result;
  for (const Line& line : *fields) {
    if (isOneOf(kOfConnection, line.name) || isOneOf(named, line.name)) continue;
    result.has_user_agent |= line.name == "user-agent";
    result.text.append(line.written_name).append(": ").append(line.value).append("\r\n");
  }
  return result;
}

void AnswerFields::add(std::string_view name, std::string_view value) {
  fields_.emplace_back(lowered(name), value);
}

const std::string* AnswerFields::find(std::string_view name) const {
  const auto found =
      std::ranges::find(fields_, lowered(name), &std::pair<std::string, std::string>::first);
  return found == fields_.end() ? nullptr : &found->second;
}

std::string AnswerFields::lines() const {
  std::string text;
  for (const auto& [name, value] : fields_) {
    if (!isUtf8(value)) continue;
    text.append(name).append(":").append(value).append("\n");
  }
  return text;
}

}  // namespace wagi::outbound
