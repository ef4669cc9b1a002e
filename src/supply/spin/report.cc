#include "supply/spin/report.h"

#include <utility>

namespace wagi::spin {

void Report::leaveOut(const config::Place& place, std::string message) {
  const toml::source_position position{place.line, place.column};
  left_out.add({position, position, {}}, std::move(message));
}

}  // namespace wagi::spin
