// Gives a guest of `wagi run` the stdin, stdout and stderr of this process.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "guest/wasi/streams.h"

namespace wagi::cli {

// Never blocks: where a read would, the guest is suspended, so that it can wait for other events
// too.
class DescriptorInput : public wasi::Input {
 public:
  explicit DescriptorInput(int fd) : fd_(fd) {}
  [[nodiscard]] std::optional<std::size_t> read(std::span<std::byte> out) override;
  [[nodiscard]] std::optional<std::size_t> available() override;
  [[nodiscard]] bool terminal() const override;

 private:
  const int fd_;  // Borrowed.
};

// Blocks until everything is written, as in a native program. The descriptor may be in non-blocking
// mode, which another process that shares the terminal may have set.
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
