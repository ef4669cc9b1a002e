#include "guest/gateway/arguments.h"

#include <cstddef>
#include <string_view>

#include "guest/gateway/argv.h"
#include "guest/gateway/text.h"

namespace wagi::gateway {
namespace {

void add(std::string_view text, Block& out) {
  appendTarget(text, out.bytes);
  out.bytes.push_back('\0');
  ++out.count;
}

// Replaces the variables in one pass, so that a client's text is never taken for a variable.
std::string expand(std::string_view text, const RequestHead& head) {
  std::string line;
  while (!text.empty()) {
    if (text.starts_with(kScriptNameVariable)) {
      line.append(head.path);
      text.remove_prefix(kScriptNameVariable.size());
    } else if (text.starts_with(kArgsVariable)) {
      for (const char c : head.query.value_or("")) line.push_back(c == '&' ? ' ' : c);
      text.remove_prefix(kArgsVariable.size());
    } else {
      line.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  return line;
}

}  // namespace

void buildArguments(const std::optional<std::string>& argv_template, const RequestHead& head,
                    Block& out) {
  out.bytes.clear();
  out.count = 0;
  if (argv_template) {
    constexpr std::string_view kBlanks = " \t\n\v\f\r";
    const std::string line = expand(*argv_template, head);
    for (std::size_t at = line.find_first_not_of(kBlanks); at != std::string::npos;) {
      const std::size_t end = line.find_first_of(kBlanks, at);
      add(std::string_view(line).substr(at, end - at), out);
      at = line.find_first_not_of(kBlanks, end);
    }
    return;
  }
  add(head.path, out);
  if (!head.query) return;
  for (std::string_view rest = *head.query;;) {
    const std::size_t end = rest.find('&');
    add(rest.substr(0, end), out);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
}

}  // namespace wagi::gateway
