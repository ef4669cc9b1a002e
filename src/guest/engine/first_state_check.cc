// Runs the commands of modules with random requests, and compares each instance that was set back
// with a new one: `first_state_check RUNS SEED MODULE...`. Says of each module how its instances
// are made, how many runs it had and how many of them were compared; exits with 1 after a
// difference.
//
// A run that computes or waits for long is abandoned, and a module that is slow gets fewer runs.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/block.h"
#include "base/file.h"
#include "base/say.h"
#include "guest/engine/code.h"
#include "guest/engine/instance.h"
#include "guest/engine/runtimes.h"
#include "guest/engine/ticker.h"

namespace wagi::engine {
namespace {

constexpr std::uint64_t kModuleBytesMax = 1ULL << 30;
constexpr std::uint64_t kMemoryBytesMax = 128ULL << 20;
constexpr auto kSlice = std::chrono::milliseconds(10);
constexpr int kSlicesMax = 20;     // Of one run.
constexpr double kSecondsMax = 2;  // Of CPU time of one module, before it gets fewer runs.
constexpr int kRunsMin = 10;

class RandomInput final : public wasi::Input {
 public:
  explicit RandomInput(std::mt19937& random)
      : random_(random), left_(random() % 3 == 0 ? 0 : random() % 20'000) {}
  std::optional<std::size_t> read(std::span<std::byte> out) override {
    const std::size_t count = std::min(out.size(), left_);
    for (std::byte& byte : out.first(count)) byte = static_cast<std::byte>(random_() % 96 + 32);
    left_ -= count;
    return count;
  }
  std::optional<std::size_t> available() override { return left_; }

 private:
  std::mt19937& random_;
  std::size_t left_;
};

class Nowhere final : public wasi::Output {
 public:
  Written write(std::span<const std::byte> bytes) override { return {bytes.size(), Status::kOk}; }
};

std::string randomText(std::mt19937& random, std::size_t bytes_max) {
  std::string text(random() % bytes_max, ' ');
  for (char& c : text) c = static_cast<char>(random() % 94 + 33);
  return text;
}

class Check {
 public:
  Check(int runs, unsigned seed) : runs_(runs), random_(seed) { idle_.compareEvery(1); }

  bool module(const std::string& path) {
    auto wasm = readFile(path, kModuleBytesMax);
    if (wasm && !wasm->starts_with(std::string_view("\0asm", 4))) wasm = textToBinary(*wasm);
    if (!wasm) return skip(path, wasm.error().message);
    const auto code = compile(*runtimes_.compiler().value(), *wasm);
    if (!code) return skip(path, code.error().message);
    const std::string file = folder_.path() + "/code" + std::to_string(++files_);
    if (auto written = writeNewFile(file, *code, 0600); !written) {
      return skip(path, written.error().message);
    }
    auto loaded = runtimes_.load(file);
    if (!loaded) return skip(path, loaded.error().message);
    if (auto bound = runtimes_.bind(loaded->module); !bound)
      return skip(path, bound.error().message);
    return runAll(path, loaded->module);
  }

 private:
  static bool skip(const std::string& path, const std::string& why) {
    say(stdout, "{}: not run: {}\n", path, why);
    return true;
  }

  bool runAll(const std::string& path, const Module& module) {
    const std::array engines{&module.engine()};
    const auto ticker = Ticker::start(engines, kSlice);
    const auto before = differences_;
    const std::uint64_t compared_before = idle_.compared();
    int runs = 0;
    for (const Export& function : module.functions()) {
      if (!function.is_command) continue;
      const EntryPoint entrypoint = module.find(function.name);
      KeptInstances kept(idle_, path);
      const std::clock_t began = std::clock();
      for (int i = 0; i < runs_; ++i, ++runs) {
        const double seconds = static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC;
        if (i >= kRunsMin && seconds > kSecondsMax) break;
        run(module, entrypoint, kept);
      }
    }
    say(stdout, "{}: {}{}{}, {} runs, {} compared\n", path, nameOf(module.instances()),
        module.whyNotKept().empty() ? "" : ": ", module.whyNotKept(), runs,
        idle_.compared() - compared_before);
    return differences_ == before;
  }

  void run(const Module& module, const EntryPoint& entrypoint, KeptInstances& kept) {
    Block arguments;
    arguments.add("program");
    if (random_() % 4 == 0) arguments.add(randomText(random_, 3'000));
    Block environment;
    environment.add("REQUEST_METHOD=" + std::string(random_() % 2 == 0 ? "GET" : "POST"));
    environment.add("QUERY_STRING=" + randomText(random_, 200));
    environment.add("PATH_INFO=/" + randomText(random_, random_() % 8 == 0 ? 60'000 : 30));
    RandomInput in(random_);
    Nowhere out;
    const wasi::Invocation invocation{arguments, environment, in, out, out, {}, wasi::realSystem()};
    Instance instance(module, entrypoint, invocation, kMemoryBytesMax, &kept);
    for (int slices = 0; slices < kSlicesMax; ++slices) {
      if (is<Ended>(instance.resume())) return;
    }
  }

  const int runs_;
  std::mt19937 random_;
  int files_ = 0;
  int differences_ = 0;
  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-first-state-").value();
  Runtimes runtimes_{1};
  IdleInstances idle_{[this](const std::string& path) {
    ++differences_;
    say(stdout, "{}: DIFFERENT from a new instance\n", path);
  }};
};

}  // namespace
}  // namespace wagi::engine

int main(int argc, char** argv) {
  if (argc < 4) {
    wagi::say(stderr, "usage: first_state_check RUNS SEED MODULE...\n");
    return 2;
  }
  wagi::engine::Check check(std::atoi(argv[1]), static_cast<unsigned>(std::atoi(argv[2])));
  bool good = true;
  for (int i = 3; i < argc; ++i) good &= check.module(argv[i]);
  return good ? 0 : 1;
}
