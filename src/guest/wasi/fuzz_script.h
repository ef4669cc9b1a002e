// For fuzz targets only: what a guest does, as the fuzzer's bytes say it, and the world that it
// does it in.
//
// Input: a byte that picks the world, one that counts steps, the steps, and the rest is the
// beginning of memory. A step is a byte that picks a function or an event, two bytes for each of
// the function's parameters, and of a function that may wait a byte that says what comes of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "guest/wasi/abi.h"
#include "guest/wasi/testing.h"

namespace wagi::wasi::fuzz {

// Aborts, saying `what`, unless `holds`.
void require(bool holds, const char* what);

// What happens to a suspended call before it is tried again.
enum class Meanwhile : std::uint8_t { kDropped, kTimePasses, kInputComes, kInputEnds };
inline constexpr int kResumesMax = 3;  // Of one call; then it is dropped.

struct Step {
  static constexpr std::size_t kArgumentsMax = 10;
  enum class Event : std::uint8_t { kCall, kMemoryGrows, kInputComes, kOutputDrains };

  Event event = Event::kCall;
  std::size_t function = 0;  // Of kCall: its place in signatures().
  std::array<std::uint64_t, kArgumentsMax> arguments{};
  Meanwhile meanwhile = Meanwhile::kDropped;
};

struct Script {
  explicit Script(std::span<const std::uint8_t> input);

  Abi abi;
  Kernel kernel;
  std::size_t memory_bytes;  // Before it grows.
  std::size_t output_room;
  bool output_closed;
  bool terminal;
  bool input_ended;
  std::vector<Step> steps;
  std::span<const std::uint8_t> memory;  // What it begins with; may be longer than memory.
};

// The folders of one run: "rw" and "ro" are given to the guest, "outside" is not.
class Folders {
 public:
  Folders();
  // Requires that nothing changed but "rw".
  void check() const;
  [[nodiscard]] UniqueFd open(const std::string& name) const { return folder_.open(name); }

 private:
  [[nodiscard]] std::ptrdiff_t list(const char* name) const;
  TemporaryFolder folder_;
};

// The world of a script, with its folders.
struct Scene {
  explicit Scene(const Script& script);
  // What happens beside the guest, or while a call of it waits until `until`.
  void happen(Step::Event event);
  void happen(Meanwhile meanwhile, const Suspension& suspension);

  const Folders folders;
  const UniqueFd rw = folders.open("rw"), ro = folders.open("ro");
  World world;
};

// Counts one host call; the number of all is printed when the process ends.
void countCall();

// Once at the start: files are limited, since fd_allocate would fill the disk.
void limitFiles();

}  // namespace wagi::wasi::fuzz
