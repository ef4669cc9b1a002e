// A guest that makes any calls with any arguments over any memory: the host must neither crash nor
// touch what lies outside its folders, nor change a read-only one.
//
// Input: a byte that picks the kernel, a byte that counts calls, then for each call a byte that
// picks the function and ten arguments of two bytes; the rest is the beginning of memory.
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "wasi/functions.h"
#include "wasi/testing.h"

namespace wagi::wasi {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMemoryBytes = 16 << 10;
constexpr std::size_t kArguments = 10;
constexpr rlim_t kFileBytesMax = 1 << 20;  // fd_allocate would fill the disk.

using Arguments = std::array<U64, kArguments>;
using Function = void (*)(Call&, const Arguments&);

template <auto kFunction, class R, class... A>
constexpr Function bind(R (*)(Call&, A...)) {
  return [](Call& call, const Arguments& arguments) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      static_cast<void>(kFunction(call, static_cast<A>(arguments[I])...));
    }(std::index_sequence_for<A...>{});
  };
}
template <auto kFunction>
constexpr Function kBound = bind<kFunction>(kFunction);

// Without fd_sync, which is slow and has nothing to get wrong here.
constexpr Function kFunctions[] = {kBound<argsGet>,
                                   kBound<argsSizesGet>,
                                   kBound<environGet>,
                                   kBound<environSizesGet>,
                                   kBound<clockResGet>,
                                   kBound<clockTimeGet>,
                                   kBound<randomGet>,
                                   kBound<schedYield>,
                                   kBound<sockAccept>,
                                   kBound<sockRecv>,
                                   kBound<sockSend>,
                                   kBound<sockShutdown>,
                                   kBound<fdRead>,
                                   kBound<fdWrite>,
                                   kBound<fdPread>,
                                   kBound<fdPwrite>,
                                   kBound<fdSeek>,
                                   kBound<fdTell>,
                                   kBound<fdDatasync>,
                                   kBound<fdAdvise>,
                                   kBound<fdAllocate>,
                                   kBound<fdClose>,
                                   kBound<fdRenumber>,
                                   kBound<fdFdstatGet>,
                                   kBound<fdFdstatSetFlags>,
                                   kBound<fdFdstatSetRights>,
                                   kBound<fdFilestatGet>,
                                   kBound<fdFilestatSetSize>,
                                   kBound<fdFilestatSetTimes>,
                                   kBound<fdPrestatGet>,
                                   kBound<fdPrestatDirName>,
                                   kBound<fdReaddir>,
                                   kBound<pathOpen>,
                                   kBound<pathCreateDirectory>,
                                   kBound<pathRemoveDirectory>,
                                   kBound<pathUnlinkFile>,
                                   kBound<pathRename>,
                                   kBound<pathLink>,
                                   kBound<pathSymlink>,
                                   kBound<pathReadlink>,
                                   kBound<pathFilestatGet>,
                                   kBound<pathFilestatSetTimes>,
                                   kBound<pollOneoff>};

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> data) : data_(data) {}
  std::uint8_t byte() {
    if (data_.empty()) return 0;
    const std::uint8_t value = data_.front();
    data_ = data_.subspan(1);
    return value;
  }
  // Small numbers as they are; the upper half reaches for the ends of the ranges.
  U64 argument() {
    const U64 value = byte() | U64{byte()} << 8;
    if (value < 0x8000) return value;
    if (value < 0xc000) return U64{0} - (value & 0x3fff);
    return (value & 0x3fff) << 18;
  }
  std::span<const std::uint8_t> rest() const { return data_; }

 private:
  std::span<const std::uint8_t> data_;
};

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

// The folders of one run: "rw" and "ro" are given to the guest, "outside" is not.
class Folders {
 public:
  Folders() {
    for (const char* name : {"rw", "ro", "outside"}) {
      fs::create_directory(folder_.path() / name);
      folder_.write(std::string(name) + "/f", name);
    }
    fs::create_symlink("../outside", folder_.path() / "rw/o");
    fs::create_symlink("../outside/f", folder_.path() / "ro/o");
    fs::create_directory(folder_.path() / "rw/d");
    fs::create_symlink("../f", folder_.path() / "rw/d/l");
  }

  [[nodiscard]] UniqueFd open(const std::string& name) const { return folder_.open(name); }
  void check() const {
    require(list("outside") == 1 && folder_.read("outside/f") == "outside", "outside is untouched");
    require(list("ro") == 2 && folder_.read("ro/f") == "ro", "the read-only folder is as it was");
    require(list("") == 3, "nothing lies beside the folders");
  }

 private:
  [[nodiscard]] std::ptrdiff_t list(const char* name) const {
    return std::distance(fs::directory_iterator(folder_.path() / name), {});
  }
  TemporaryFolder folder_;
};

void run(std::span<const std::uint8_t> data) {
  Reader reader(data);
  const Folders folders;
  const UniqueFd rw = folders.open("rw"), ro = folders.open("ro");
  World world;
  world.arguments.add("arg");
  world.in.add("some input");
  world.preopens = {{"/rw", rw.get(), false}, {"/ro", ro.get(), true}};
  const std::uint8_t kind = reader.byte();
  world.system.kernel = (kind & 1) != 0 ? Kernel::kHasOpenat2 : Kernel::kLacksOpenat2;
  const Invocation invocation = world.invocation();
  HostState host(invocation);

  std::vector<std::pair<std::uint8_t, Arguments>> calls(reader.byte() % 32);
  for (auto& [function, arguments] : calls) {
    function = reader.byte();
    for (U64& argument : arguments) argument = reader.argument();
  }
  // On the heap and of just this size, so that a sanitizer sees one byte too far.
  std::vector<std::byte> memory(kMemoryBytes);
  const auto rest = reader.rest();
  std::memcpy(memory.data(), rest.data(), std::min(rest.size(), memory.size()));
  for (const auto& [function, arguments] : calls) {
    Progress progress;
    Wait wait;
    Call call{.host = host,
              .memory = GuestMemory(memory.data(), memory.size()),
              .abi = (kind & 2) != 0 ? Abi::kSnapshot0 : Abi::kSnapshot1,
              .progress = &progress,
              .wait = &wait};
    kFunctions[function % std::size(kFunctions)](call, arguments);
  }
  folders.check();
}

bool limitFiles() {
  const rlimit limit{kFileBytesMax, kFileBytesMax};
  return ::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

}  // namespace
}  // namespace wagi::wasi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool limited = wagi::wasi::limitFiles();
  wagi::wasi::require(limited, "files are limited");
  wagi::wasi::run({data, size});
  return 0;
}
