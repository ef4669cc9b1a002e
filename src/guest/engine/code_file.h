// The file of a module's compiled code: machine code, as Wasmtime writes it (an ELF file), and
// behind it notes for whoever loads it: how its instances are made, and their memory's first state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace wagi::engine {

// How the instance of a request comes to be in its first state.
enum class Instances : std::uint8_t {
  kKept,    // That of an earlier request is set back, byte for byte.
  kNew,     // It is made anew, and its memory set back.
  kPooled,  // It is made anew, in a slot of Wasmtime's pool.
};

// "kept", "new", "pooled".
[[nodiscard]] std::string_view nameOf(Instances instances);

// A page of this host's memory, by which access is given: 4 KiB on x86-64.
inline constexpr std::size_t kHostPageBytes = 4096;

// Sizes and places are of whole host pages.
struct CodeNotes {
  Instances instances = Instances::kPooled;  // The best that this module can have.
  std::string reason;                        // Why it isn't kKept; empty if it is.
  // The part of the memory's first state that isn't 0: where it is in the file, and in memory. A
  // module that is pooled has none, since its code has the data.
  std::uint64_t image_offset = 0;
  std::size_t image_bytes = 0;
  std::size_t image_address = 0;
  // The elements with which its tables begin, together; 0 for a module that is pooled.
  std::uint64_t table_elements = 0;
};

// The content of the file. `image` is the memory from 0 on; what is behind it is 0.
[[nodiscard]] std::string writeCodeFile(std::string machine_code, Instances instances,
                                        std::string_view reason, std::string_view image,
                                        std::uint64_t table_elements);

// A file of compiled code that is open.
struct CodeFile {
  std::string path;
  UniqueFd fd;
  CodeNotes notes;
};

// Opens a file and reads its notes; the error doesn't name it. Bytes behind them don't matter.
[[nodiscard]] Result<CodeFile> openCodeFile(const std::string& path);

}  // namespace wagi::engine
