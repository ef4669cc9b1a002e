#include "spin/report.h"

#include <utility>

#include "base/log.h"

namespace wagi::spin {

void Report::leaveOut(const config::Place& place, std::string message) {
  const toml::source_position position{place.line, place.column};
  left_out.add({position, position, {}}, std::move(message));
}

std::string oneLine(std::string_view text) {
  std::string line;
  for (const char c : escapeControls(text)) {
    if (c == '\n') {
      line.append("\\n");
    } else {
      line.push_back(c);
    }
  }
  return line;
}

}  // namespace wagi::spin
