// A program's own stdin, stdout and stderr as a guest's.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "guest/wasi/streams.h"

namespace wagi::cli {

// Never waits: where a read would, the guest is suspended, so that its other waits go on.
class DescriptorInput : public wasi::Input {
 public:
  explicit DescriptorInput(int fd) : fd_(fd) {}
  [[nodiscard]] std::optional<std::size_t> read(std::span<std::byte> out) override;
  [[nodiscard]] std::optional<std::size_t> available() override;
  [[nodiscard]] bool terminal() const override;

 private:
  const int fd_;  // Borrowed.
};

// Waits until everything is written, as a native program does, whether or not the descriptor is in
// non-blocking mode (which whoever shares the terminal may have set).
class DescriptorOutput : public wasi::Output {
 public:
  explicit DescriptorOutput(int fd) : fd_(fd) {}
  [[nodiscard]] Written write(std::span<const std::byte> bytes) override;
  [[nodiscard]] bool writable() override;
  [[nodiscard]] bool terminal() const override;

 private:
  const int fd_;  // Borrowed.
};

}  // namespace wagi::cli
