// Runs a guest to its end, blocking the process meanwhile: for `wagi run` and inspections.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "guest/engine/instance.h"
#include "guest/wasi/streams.h"

namespace wagi::artifact {

// Collects a guest's output, up to a limit.
class Capture : public wasi::Output {
 public:
  enum class Overflow {
    kDrop,   // Further output is discarded, and the guest isn't told.
    kClose,  // Writing fails, as to a pipe that nobody reads.
  };
  Capture(std::size_t bytes_max, Overflow overflow) : bytes_max_(bytes_max), overflow_(overflow) {}
  [[nodiscard]] Written write(std::span<const std::byte> bytes) override;
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  const std::size_t bytes_max_;
  const Overflow overflow_;
  std::string text_;
  bool overflowed_ = false;
};

class EmptyInput : public wasi::Input {
 public:
  [[nodiscard]] std::optional<std::size_t> read(std::span<std::byte>) override { return 0; }
  [[nodiscard]] std::optional<std::size_t> available() override { return 0; }
};

enum class GuestEnd {
  kEnded,     // The guest has ended by itself; the instance has an outcome.
  kDeadline,  // The deadline has passed.
  kOverflow,  // GuestRun::out has overflowed.
};

// The descriptors behind a guest's streams, to poll while the guest waits for them; -1 for none.
struct Descriptors {
  int in = -1;
  int out = -1;
  int err = -1;
};

struct RunOptions {
  Descriptors descriptors{};
  // Checked when the guest waits, and while it computes only if a Ticker interrupts its engine.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  const Capture* out = nullptr;  // Where set, its overflow stops the guest.
};
[[nodiscard]] GuestEnd runGuest(engine::Instance& instance, const RunOptions& options);

}  // namespace wagi::artifact
