#include "server/supervisor/progress.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/log.h"
#include "base/printable.h"
#include "base/say.h"

namespace wagi::supervisor {
namespace {

using Running = artifact::Running;

double seconds(Progress::Clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

bool takesLong(const Running& running) { return running.since_start >= Progress::kQuiet; }

}  // namespace

std::string activityOf(const Running& running) {
  switch (running.phase) {
    case artifact::Phase::kFetching:
      return "fetching " + running.path;
    case artifact::Phase::kLoading:
      return "loading " + running.path;
    case artifact::Phase::kCompiling:
    case artifact::Phase::kCacheFull:
      return "compiling " + running.path;
    case artifact::Phase::kRoutes:
      return "running _routes of " + running.path;
  }
  return running.path;
}

Progress::Where Progress::whereFor() {
  return ::isatty(STDERR_FILENO) == 1 && logFormat() == LogFormat::kText ? Where::kTerminal
                                                                         : Where::kLog;
}

void Progress::update(const std::vector<Running>& running) {
  if (where_ == Where::kTerminal) showOnTerminal(running);
  if (where_ == Where::kLog) log(running);
}

void Progress::showOnTerminal(const std::vector<Running>& running) {
  constexpr std::string_view kClearLine = "\r\x1b[K";
  const auto longest = std::ranges::max_element(running, {}, &Running::since_start);
  if (longest == running.end() || !takesLong(*longest)) {
    if (shown_) steerTerminal(kClearLine);
    shown_ = false;
    return;
  }
  const std::size_t others = running.size() - 1;
  steerTerminal(fmt::format("{}{} ({:.0f} s){}", kClearLine, printable(activityOf(*longest)),
                            seconds(longest->since_start),
                            others > 0 ? fmt::format(" and {} more", others) : ""));
  shown_ = true;
}

void Progress::log(const std::vector<Running>& running) {
  for (auto spoken = spoken_of_.begin(); spoken != spoken_of_.end();) {
    if (std::ranges::find(running, spoken->first, &Running::path) != running.end()) {
      ++spoken;
      continue;
    }
    spdlog::info("{}: took {:.0f} s", spoken->first, seconds(spoken->second));
    spoken = spoken_of_.erase(spoken);
  }
  for (const Running& one : running) {
    if (!takesLong(one)) continue;
    const auto [spoken, is_new] = spoken_of_.try_emplace(one.path);
    spoken->second = one.since_start;
    if (is_new) spdlog::info("{}...", activityOf(one));
  }
}

}  // namespace wagi::supervisor
