// Shows the progress of a transfer: a line on stderr that is redrawn, where stderr is a terminal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace wagi::cli {

// "[=====>    ]  45 %  12.3 of 27.1 MiB", or "12.3 MiB" where `all` isn't known.
[[nodiscard]] std::string progressText(std::uint64_t done, std::optional<std::uint64_t> all);

// "12 bytes", "1.5 KiB", "27.1 MiB"
[[nodiscard]] std::string sizeText(std::uint64_t bytes);

class ProgressLine {
 public:
  ProgressLine();
  // Erases the line.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(std::uint64_t done, std::optional<std::uint64_t> all);

 private:
  const bool is_terminal_;
  bool is_drawn_ = false;
};

}  // namespace wagi::cli
