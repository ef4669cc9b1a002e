// For tests only: a world for a guest, whose time, randomness, kernel and streams the test decides.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "guest/wasi/context.h"

namespace wagi::wasi {

// A function's parameters by the specification, `i` for i32 and `I` for i64.
struct Signature {
  std::string_view name;
  std::string_view parameters;
  bool may_wait = false;
};
inline constexpr std::size_t kFunctionsCount = 46;
// All functions, in the order of the host's table.
[[nodiscard]] std::vector<Signature> signatures();

// An input of pieces, of which a read gives at most one. It has no end until the test ends it.
class PieceInput final : public Input {
 public:
  void add(std::string_view bytes) { pieces_.emplace_back(bytes); }
  void end() { ended_ = true; }
  std::optional<std::size_t> read(std::span<std::byte> out) override;
  std::optional<std::size_t> available() override;
  bool terminal() const override { return is_terminal; }

  bool is_terminal = false;

 private:
  std::deque<std::string> pieces_;
  bool ended_ = false;
};

// An output that takes up to `room` bytes.
class TextOutput final : public Output {
 public:
  Written write(std::span<const std::byte> bytes) override;
  bool writable() override {
    if (writable_calls == 0) return false;
    --writable_calls;
    return true;
  }
  bool terminal() const override { return is_terminal; }

  std::string text;
  std::size_t writable_calls = SIZE_MAX;  // So many calls of writable() return true.
  std::size_t room = SIZE_MAX;
  bool closed = false;
  Status taken = Status::kOk;  // The status of a write that took something.
  bool is_terminal = false;
};

enum class Kernel {
  kHasOpenat2,
  kLacksOpenat2,    // openat2 gives ENOSYS.
  kFiltersOpenat2,  // openat2 gives EPERM, as with an old filter of system calls.
};

class FakeSystem final : public System {
 public:
  std::chrono::nanoseconds wallClock() override { return wall; }
  std::chrono::steady_clock::time_point monotonicClock() override {
    return std::chrono::steady_clock::time_point(monotonic);
  }
  std::chrono::nanoseconds cpuClock() override { return cpu; }
  void random(std::span<std::byte> out) override;  // 1, 2, 3 ... 255, 0, 1 ...
  int openat2(int directory, const char* path, const open_how& how) override;
  std::size_t openFilesMax() override { return open_files_max; }

  // Moves both clocks on by `time`.
  void pass(std::chrono::nanoseconds time) { wall += time, monotonic += time; }

  std::chrono::nanoseconds wall = std::chrono::seconds(1'700'000'000);
  std::chrono::nanoseconds monotonic = std::chrono::seconds(1000);
  std::chrono::nanoseconds cpu = std::chrono::milliseconds(5);
  Kernel kernel = Kernel::kHasOpenat2;
  int races_lost = 0;  // So many further calls of openat2 give EAGAIN.
  int opens = 0;       // How often openat2 was called so far.
  std::size_t open_files_max = SIZE_MAX;

 private:
  unsigned char next_random_ = 1;
};

// Makes a folder, and removes it with everything in it at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, std::string_view content) const;
  [[nodiscard]] std::string read(const std::string& name) const;
  // An O_PATH descriptor of the folder or of one in it.
  [[nodiscard]] UniqueFd open(const std::string& name = ".") const;

 private:
  std::filesystem::path path_;
};

// All that an Invocation borrows.
struct World {
  Block arguments;
  Block environment;
  PieceInput in;
  TextOutput out;
  TextOutput err;
  std::vector<Preopen> preopens;
  FakeSystem system;
  HttpClient* http = nullptr;

  [[nodiscard]] Invocation invocation() {
    return {.arguments = arguments,
            .environment = environment,
            .in = in,
            .out = out,
            .err = err,
            .preopens = preopens,
            .system = system,
            .http = http};
  }
};

}  // namespace wagi::wasi
