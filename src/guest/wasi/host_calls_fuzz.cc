// Fuzzes host calls, with any arguments and any memory: the host must neither crash nor touch
// anything outside the guest's folders, nor change a read-only one.
//
// The functions are called directly, with a memory on the heap of just its size, so that a
// sanitizer sees an access one byte too far. host_bindings_fuzz.cc calls them through Wasmtime.
// fuzz_script.h describes the input.
#include <algorithm>
#include <tuple>
#include <utility>

#include "guest/wasi/functions.h"
#include "guest/wasi/fuzz_script.h"

namespace wagi::wasi::fuzz {
namespace {

using Arguments = std::array<U64, Step::kArgumentsMax>;

// Why the call can't go on; nullopt when it is over.
using Function = std::optional<Suspension> (*)(Call&, const Arguments&);

std::optional<Suspension> suspensionOf(Errno error) {
  require(error <= Errno::kNotcapable, "the result is an errno");
  return std::nullopt;
}
std::optional<Suspension> suspensionOf(const Attempt& attempt) {
  if (!attempt) return attempt.error();
  return suspensionOf(*attempt);
}

template <auto kFunction, class R, class... A>
constexpr Function bind(R (*)(Call&, A...)) {
  return [](Call& call, const Arguments& arguments) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return suspensionOf(kFunction(call, static_cast<A>(arguments[I])...));
    }(std::index_sequence_for<A...>{});
  };
}
template <auto kFunction>
constexpr Function kBound = bind<kFunction>(kFunction);

constexpr Function kRaise = [](Call&, const Arguments& arguments) {
  return suspensionOf(procRaise(static_cast<U32>(arguments[0])).error);
};

// The functions, in the order of signatures().
constexpr Function kFunctions[] = {
    kBound<argsGet>,
    kBound<argsSizesGet>,
    kBound<environGet>,
    kBound<environSizesGet>,
    kBound<clockResGet>,
    kBound<clockTimeGet>,
    kBound<fdAdvise>,
    kBound<fdAllocate>,
    kBound<fdClose>,
    kBound<fdDatasync>,
    kBound<fdFdstatGet>,
    kBound<fdFdstatSetFlags>,
    kBound<fdFdstatSetRights>,
    kBound<fdFilestatGet>,
    kBound<fdFilestatSetSize>,
    kBound<fdFilestatSetTimes>,
    kBound<fdPread>,
    kBound<fdPrestatGet>,
    kBound<fdPrestatDirName>,
    kBound<fdPwrite>,
    kBound<fdRead>,
    kBound<fdReaddir>,
    kBound<fdRenumber>,
    kBound<fdSeek>,
    kBound<fdSync>,
    kBound<fdTell>,
    kBound<fdWrite>,
    kBound<pathCreateDirectory>,
    kBound<pathFilestatGet>,
    kBound<pathFilestatSetTimes>,
    kBound<pathLink>,
    kBound<pathOpen>,
    kBound<pathReadlink>,
    kBound<pathRemoveDirectory>,
    kBound<pathRename>,
    kBound<pathSymlink>,
    kBound<pathUnlinkFile>,
    kBound<pollOneoff>,
    nullptr,  // proc_exit, which functions.h doesn't have: the guest ends.
    kRaise,
    kBound<randomGet>,
    kBound<schedYield>,
    kBound<sockAccept>,
    kBound<sockRecv>,
    kBound<sockSend>,
    kBound<sockShutdown>,
};
static_assert(std::size(kFunctions) == kFunctionsCount);

class DirectGuest {
 public:
  explicit DirectGuest(std::span<const std::uint8_t> input)
      : script_(input),
        scene_(script_),
        invocation_(scene_.world.invocation()),
        host_(invocation_, nullptr),
        memory_(script_.memory_bytes) {
    const std::size_t filled = std::min(script_.memory.size(), memory_.size());
    std::copy_n(std::as_bytes(script_.memory).begin(), filled, memory_.begin());
  }

  void run() {
    for (const Step& step : script_.steps) {
      scene_.happen(step.event);
      if (step.event == Step::Event::kMemoryGrows) grow();
      if (step.event != Step::Event::kCall) continue;
      if (kFunctions[step.function] == nullptr) break;
      call(step);
    }
    scene_.folders.check();
  }

 private:
  void grow() {
    constexpr std::size_t kBytesMax = 256 << 10;
    // Memory moves as it grows, and has just its new size.
    if (memory_.size() < kBytesMax) memory_ = grown();
  }
  [[nodiscard]] std::vector<std::byte> grown() const {
    std::vector<std::byte> larger(memory_.size() * 2 + 1);
    std::ranges::copy(memory_, larger.begin());
    return larger;
  }

  void call(const Step& step) {
    Progress progress;
    for (int attempt = 0; attempt <= kResumesMax; ++attempt) {
      Call call{.host = host_,
                .memory = GuestMemory(memory_.data(), memory_.size()),
                .abi = script_.abi,
                .progress = &progress};
      countCall();
      const auto suspension = kFunctions[step.function](call, step.arguments);
      if (!suspension) return;
      progress.resumed = true;
      if (step.meanwhile == Meanwhile::kDropped) return;
      scene_.happen(step.meanwhile, *suspension);
    }
  }

  const Script script_;
  Scene scene_;
  const Invocation invocation_;
  HostState host_;
  std::vector<std::byte> memory_;
};

}  // namespace
}  // namespace wagi::wasi::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wagi::wasi::fuzz::limitFiles();
  wagi::wasi::fuzz::DirectGuest(std::span(data, size)).run();
  return 0;
}
