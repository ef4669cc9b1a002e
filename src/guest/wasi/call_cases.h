// For tests only: a call of each function that succeeds as it stands, and which of its arguments
// are pointers, so that tests can point them elsewhere.
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
    std::size_t argument;
    std::uint32_t bytes;                 // That the function reads or writes there.
    std::optional<std::size_t> length;   // The argument that says so, if one does.
    std::optional<std::size_t> entries;  // The argument that says how many times `bytes`.
  };

  std::string function;
  std::vector<std::uint64_t> arguments;
  std::vector<Pointer> pointers;
  Errno expected = Errno::kSuccess;
};

// At least one of every function of `abi` but proc_exit, which returns nothing.
[[nodiscard]] std::vector<CallCase> callCases(Abi abi);

// The world that the cases count on: a folder at descriptor 3 with a file, a link and a folder,
// and the file open at descriptor 4.
class CaseWorld {
 public:
  static constexpr std::uint64_t kFolder = 3, kFile = 4;

  CaseWorld();
  // Puts names, iovecs and a subscription where the cases look for them, and opens the file.
  static void prepare(Guest& guest);
  // Requires that no call has changed anything.
  void expectUntouched(Guest& guest) const;

  TemporaryFolder folder;
  const UniqueFd opened = folder.open();
  World world;
};

// Makes the call as it is in `arguments`; a failure of the test where it traps or waits.
[[nodiscard]] Errno callWith(Guest& guest, const CallCase& call,
                             std::span<const std::uint64_t> arguments);

}  // namespace wagi::wasi
