// For fuzz targets only: makes a guest's actions, and the world around it, of the fuzzer's bytes.
//
// An input is a byte that picks the world, a byte that counts steps, the steps, and the beginning
// of memory. A step is a byte that picks a function or an event, two bytes for each parameter of
// the function, and, for a function that may wait, a byte that says what happens then.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/fuzzing.h"
#include "guest/wasi/abi.h"
#include "guest/wasi/testing.h"

namespace wagi::wasi::fuzz {

// An event while a call is suspended, before it is attempted again.
enum class Meanwhile : std::uint8_t { kDropped, kTimePasses, kInputComes, kInputEnds };
inline constexpr int kResumesMax = 3;  // A call that waits longer is dropped.

struct Step {
  static constexpr std::size_t kArgumentsMax = 10;
  enum class Event : std::uint8_t { kCall, kMemoryGrows, kInputComes, kOutputDrains };

  Event event = Event::kCall;
  std::size_t function = 0;  // For kCall: index in signatures().
  std::array<std::uint64_t, kArgumentsMax> arguments{};
  Meanwhile meanwhile = Meanwhile::kDropped;
};

struct Script {
  explicit Script(std::span<const std::uint8_t> input);

  Abi abi;
  Kernel kernel;
  std::size_t memory_bytes;  // The size of memory before it grows.
  std::size_t output_room;
  bool output_closed;
  bool terminal;
  bool input_ended;
  std::vector<Step> steps;
  std::span<const std::uint8_t> memory;  // Its first content; may be longer than memory_bytes.
};

// The folders of one run. The guest gets "rw" and "ro", but not "outside".
class Folders {
 public:
  Folders();
  // Requires that nothing but "rw" has changed.
  void check() const;
  [[nodiscard]] UniqueFd open(const std::string& name) const { return folder_.open(name); }

 private:
  [[nodiscard]] std::ptrdiff_t list(const char* name) const;
  TemporaryFolder folder_;
};

// The world of a script, with its folders.
struct Scene {
  explicit Scene(const Script& script);
  // Makes an event happen beside the guest, or while its call waits.
  void happen(Step::Event event);
  void happen(Meanwhile meanwhile, const Suspension& suspension);

  const Folders folders;
  const UniqueFd rw = folders.open("rw"), ro = folders.open("ro");
  World world;
};

// Counts one host call; the total is printed when the process ends.
void countCall();

// Limits the size of files, since fd_allocate would fill the disk. Called at the start.
void limitFiles();

}  // namespace wagi::wasi::fuzz
