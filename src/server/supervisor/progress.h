// Shows what is being compiled to a person who waits.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "supply/artifact/prepare.h"

namespace wagi::supervisor {

// Speaks of what takes more than a second only: on a terminal in one line that changes, elsewhere
// in a log line when it has taken a second, and one with the time that it took when it has ended,
// well or not. Writes to stderr.
class Progress {
 public:
  using Clock = artifact::ModulePreparation::Clock;
  static constexpr std::chrono::milliseconds kQuiet{1'000};
  static constexpr std::chrono::milliseconds kRefresh{250};  // How often to call update().

  enum class Where { kTerminal, kLog, kNowhere };
  explicit Progress(Where where) : where_(where) {}
  // kTerminal where stderr is one and the log is text.
  [[nodiscard]] static Where whereFor();

  void update(const std::vector<artifact::Running>& running);

 private:
  void showOnTerminal(const std::vector<artifact::Running>& running);
  void log(const std::vector<artifact::Running>& running);

  const Where where_;
  bool shown_ = false;  // There is a line on the terminal to be replaced.
  std::map<std::string, Clock::duration> spoken_of_;  // How long each had taken then.
};

// "compiling python.wasm"
[[nodiscard]] std::string activityOf(const artifact::Running& running);

}  // namespace wagi::supervisor
