// Fuzzes host calls like host_calls_fuzz.cc, but through Wasmtime: an instance calls the functions,
// is suspended in them and resumed, or dropped, and its memory grows and moves between calls.
#include <gtest/gtest.h>

#include "guest/wasi/fuzz_script.h"
#include "guest/wasi/guest_testing.h"

namespace wagi::wasi::fuzz {
namespace {

class BoundGuest {
 public:
  explicit BoundGuest(std::span<const std::uint8_t> input)
      : script_(input), scene_(script_), guest_(scene_.world, moduleFor(script_)) {
    guest_.fill(script_.memory);
  }

  void run() {
    for (const Step& step : script_.steps) {
      scene_.happen(step.event);
      if (step.event == Step::Event::kMemoryGrows) grow();
      if (step.event == Step::Event::kCall && !call(step)) break;
    }
    guest_.drop();
    scene_.folders.check();
  }

 private:
  static const std::string& moduleFor(const Script& script) {
    static const auto of = [](Abi abi, const char* pages) {
      return Guest::forwarder(abi, std::string("(memory (export \"memory\") ") + pages + ")");
    };
    static const std::string modules[2][2] = {{of(Abi::kSnapshot0, "0"), of(Abi::kSnapshot0, "1")},
                                              {of(Abi::kSnapshot1, "0"), of(Abi::kSnapshot1, "1")}};
    return modules[script.abi == Abi::kSnapshot1][script.memory_bytes > 0];
  }

  void grow() {
    constexpr std::uint64_t kPages[] = {1};
    constexpr std::size_t kBytesMax = 256 << 10;
    if (guest_.memorySize() >= kBytesMax) return;
    require(guest_.startWith("grow", kPages) == Guest::State::kReturned, "memory grows");
  }

  // Makes a call; false where the guest has ended or was dropped.
  bool call(const Step& step) {
    static const std::vector<Signature> functions = signatures();
    const Signature& function = functions[step.function];
    if (script_.abi == Abi::kSnapshot0 && function.name == "sock_accept") return true;
    countCall();
    auto state = guest_.startWith(function.name,
                                  std::span(step.arguments).first(function.parameters.size()));
    for (int resumes = 0; state == Guest::State::kSuspended; ++resumes) {
      require(function.may_wait, "only some calls wait");
      require(guest_.suspension().has_value(), "a suspended call says for what");
      if (step.meanwhile == Meanwhile::kDropped || resumes == kResumesMax) return false;
      scene_.happen(step.meanwhile, *guest_.suspension());
      countCall();
      state = guest_.resume();
    }
    const bool exits = state == Guest::State::kTrapped;
    require(!exits || function.name == "proc_exit" || function.name == "proc_raise",
            "a call returns, or exits");
    require(exits == guest_.context().exitStatus().has_value(), "a guest that exits has a status");
    require(exits || guest_.result() <= Errno::kNotcapable, "the result is an errno");
    return !exits;
  }

  const Script script_;
  Scene scene_;
  Guest guest_;
};

}  // namespace
}  // namespace wagi::wasi::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  GTEST_FLAG_SET(break_on_failure, true);  // A failed expectation of Guest must stop the fuzzer.
  wagi::wasi::fuzz::limitFiles();
  wagi::wasi::fuzz::BoundGuest(std::span(data, size)).run();
  return 0;
}
