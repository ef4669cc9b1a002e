// Fuzzes the environment and argv that a request gives a guest: each name must occur once, and
// every variable and argument must be UTF-8 without NUL.
//
// An input's lines are the route, the target, Host's value, then headers as NAME:VALUE; a line that
// begins with '=' is a configured variable.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/authority.h"
#include "base/fuzzing.h"
#include "guest/gateway/arguments.h"
#include "guest/gateway/environment.h"
#include "guest/gateway/text.h"
#include "routing/pattern.h"

using namespace wagi;

namespace {

std::string_view nextLine(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return line;
}

// Requires that `text` is UTF-8: only then appendText() leaves it as it is.
void requireUtf8(std::string_view text) {
  std::string again;
  gateway::appendText(text, again);
  require(again == text);
}

std::vector<std::string_view> stringsOf(const Block& block) {
  std::vector<std::string_view> strings;
  for (std::string_view rest = block.bytes; !rest.empty();) {
    const std::size_t end = rest.find('\0');
    require(end != std::string_view::npos);
    strings.push_back(rest.substr(0, end));
    requireUtf8(strings.back());
    rest.remove_prefix(end + 1);
  }
  require(strings.size() == block.count);
  return strings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto route = routing::Pattern::parse(nextLine(text));
  const std::string_view target = nextLine(text);
  RequestHead head;
  head.path = target.substr(0, target.find('?'));
  if (head.path.size() < target.size()) head.query = target.substr(head.path.size() + 1);
  if (!route || !route->matches(head.path)) return 0;
  head.method = "GET";
  head.protocol = "HTTP/1.1";
  head.scheme = size % 2 == 0 ? "http" : "https";
  head.remote_address = "::1";

  const std::string_view host_field = nextLine(text);
  if (const auto authority = parseAuthority(host_field)) {
    head.host = authority->host;
    head.port = authority->port;
  }
  std::vector<Field> fields = {{"Host", host_field}};
  std::vector<gateway::EnvironmentTemplate::Variable> configured;
  while (!text.empty()) {
    std::string_view line = nextLine(text);
    const bool is_variable = line.starts_with('=');
    if (is_variable) line.remove_prefix(1);
    const std::string_view name = line.substr(0, line.find_first_of(":="));
    const std::string_view value = line.substr(std::min(name.size() + 1, line.size()));
    if (!is_variable) {
      fields.push_back({name, value});
    } else if (!name.empty() && !name.contains('\0')) {
      std::string fit;  // The name made UTF-8, as one from a configuration is.
      gateway::appendText(name, fit);
      configured.emplace_back(fit, value);
    }
  }
  head.fields = fields;

  Block block;
  gateway::EnvironmentTemplate({route->text(), route->scriptName()}, configured, {})
      .build(head, route->remainder(head.path), size, block);
  std::set<std::string_view> names;
  for (const std::string_view line : stringsOf(block)) {
    require(line.find('=') != 0 && line.contains('='));
    if (line.starts_with("REQUEST_URI=")) require(line.contains('?') == head.query.has_value());
    require(names.insert(line.substr(0, line.find('='))).second);
  }
  for (const auto& [name, value] : configured) require(names.contains(name));

  gateway::buildArguments(std::nullopt, head, block);
  require(block.count >= 1 && stringsOf(block).front().starts_with('/'));
  gateway::buildArguments("x ${SCRIPT_NAME} ${ARGS}", head, block);
  require(stringsOf(block).front() == "x");
  return 0;
}
