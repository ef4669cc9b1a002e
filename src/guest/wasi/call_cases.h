// For tests only: a successful call of each function, and which of its arguments are pointers, so
// that tests can point them elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "guest/wasi/guest_testing.h"

namespace wagi::wasi {

struct CallCase {
  struct Pointer {
    std::size_t argument;                // Index of the pointer among the arguments.
    std::uint32_t bytes;                 // How many bytes the function reads or writes there.
    std::optional<std::size_t> length;   // Index of the argument that states `bytes`, if any.
    std::optional<std::size_t> entries;  // Index of the argument by which `bytes` is multiplied.
  };

  std::string function;
  std::vector<std::uint64_t> arguments;
  std::vector<Pointer> pointers;
  Errno expected = Errno::kSuccess;
};

// At least one call of every function of `abi` but proc_exit, which doesn't return.
[[nodiscard]] std::vector<CallCase> callCases(Abi abi);

// The world that the calls need: a folder at descriptor 3 with a file, a link and a folder, and the
// file open at descriptor 4.
class CaseWorld {
 public:
  static constexpr std::uint64_t kFolder = 3, kFile = 4;

  CaseWorld();
  // Puts names, iovecs and a subscription where the cases look for them, and opens the file.
  static void prepare(Guest& guest);
  // Expects that no call has changed anything.
  void expectUntouched(Guest& guest) const;

  TemporaryFolder folder;
  const UniqueFd opened = folder.open();
  World world;
};

// Makes the call with these arguments; the test fails where the call traps or waits.
[[nodiscard]] Errno callWith(Guest& guest, const CallCase& call,
                             std::span<const std::uint64_t> arguments);

}  // namespace wagi::wasi
