// The file that a route's guests write their stderr to: LOG_DIR/<sha256 of the
// route>/module.stderr.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "guest/wasi/streams.h"

namespace wagi::worker {

class GuestLog {
 public:
  // The file is made and opened with the first line, and only then named: few of many routes ever
  // print one. Views of what outlives the log; an empty `log_dir` writes nowhere.
  GuestLog(std::string_view log_dir, std::string_view route) : log_dir_(log_dir), route_(route) {}

  // Appends; several workers and requests write to the same file, a write of each is kept whole.
  void append(std::span<const std::byte> bytes);

  [[nodiscard]] std::string path() const;

 private:
  void open();

  std::string_view log_dir_, route_;
  UniqueFd file_;
  bool failed_ = false;
};

// The stderr of one request.
class GuestStderr final : public wasi::Output {
 public:
  // The file takes so much of one request; the rest is dropped, with a line that says so.
  static constexpr std::size_t kBytesMax = 1 << 20;
  // The end of it, kept for the line that the server logs when the guest fails.
  static constexpr std::size_t kTailBytesMax = 2'000;

  explicit GuestStderr(GuestLog& log) : log_(log) {}
  [[nodiscard]] Written write(std::span<const std::byte> bytes) override;

  // The last lines, as text.
  [[nodiscard]] std::string tail() const { return tail_; }

 private:
  GuestLog& log_;
  std::size_t written_ = 0;
  std::string tail_;
};

}  // namespace wagi::worker
