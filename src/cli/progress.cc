#include "cli/progress.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/say.h"

namespace wagi::cli {
namespace {

constexpr std::size_t kBarColumns = 30;
constexpr auto kLineStart = "\r\x1b[K";  // Returns to the start of the line and erases it.

}  // namespace

std::string sizeText(std::uint64_t bytes) {
  constexpr std::array kUnits{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string progressText(std::uint64_t done, std::optional<std::uint64_t> all) {
  if (!all || *all == 0) return sizeText(done);
  const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(*all));
  const auto filled = static_cast<std::size_t>(part * kBarColumns);
  std::string bar(filled, '=');
  if (filled < kBarColumns) bar.push_back('>');
  bar.resize(kBarColumns, ' ');
  return fmt::format("[{}] {:3.0f} %  {} of {}", bar, part * 100, sizeText(done), sizeText(*all));
}

ProgressLine::ProgressLine() : is_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (is_drawn_) steerTerminal(kLineStart);
}

void ProgressLine::show(std::uint64_t done, std::optional<std::uint64_t> all) {
  if (!is_terminal_) return;
  is_drawn_ = true;
  steerTerminal(kLineStart + progressText(done, all));
}

}  // namespace wagi::cli
