// Measures a guest alone: a request without a socket, a parser or an environment of its own.
#include "guest/engine/instance.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>

#include "base/file.h"
#include "guest/engine/code.h"
#include "guest/engine/runtimes.h"
#include "guest/engine/sandbox.h"
#include "micro.h"
#include "supply/artifact/load.h"

namespace wagi::micro {
namespace {

using engine::Engine;
using engine::Instance;
using engine::Instances;

constexpr std::uint64_t kMemoryBytesMax = 128 << 20;  // The server's default limit.

class NoInput final : public wasi::Input {
 public:
  std::optional<std::size_t> read(std::span<std::byte>) override { return 0; }
  std::optional<std::size_t> available() override { return 0; }
};

// Takes all output, as for a client that reads at once.
class Sink final : public wasi::Output {
 public:
  Written write(std::span<const std::byte> bytes) override {
    benchmark::DoNotOptimize(bytes.data());
    bytes_ += bytes.size();
    return {bytes.size(), Status::kOk};
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t bytes_ = 0;
};

template <class T>
T valueOf(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

std::string nameOf(const std::string& path) { return std::filesystem::path(path).stem().string(); }

void runInstances(benchmark::State& state, const Guests& guests, const std::string& path,
                  Instances way) {
  engine::Runtimes runtimes(guests.instances_max);
  valueOf(runtimes.makePool());
  const TemporaryDirectory folder = valueOf(TemporaryDirectory::create("wagi-micro-"));
  const std::string code = folder.path() + "/code";
  const auto transform =
      way == Instances::kPooled ? engine::Transform::kNo : engine::Transform::kYes;
  const std::string wasm = valueOf(artifact::readBinary(path));
  valueOf(writeNewFile(
      code, valueOf(engine::compile(*valueOf(runtimes.compiler()), wasm, transform)), 0600));
  auto module = std::move(valueOf(runtimes.load(code)).module);
  valueOf(runtimes.bind(module));
  engine::IdleInstances idle([](const std::string& name) {
    throw std::runtime_error(name + " isn't in its first state");
  });
  engine::KeptInstances kept(idle, path);
  const engine::EntryPoint start = module.find("_start");
  Block arguments;
  arguments.add("/");
  Block environment;
  environment.add("REQUEST_METHOD=GET");
  NoInput in;
  Sink out;
  const wasi::Invocation invocation{arguments, environment, in, out, out, {}, wasi::realSystem()};
  for (auto _ : state) {
    Instance instance(module, start, invocation, kMemoryBytesMax,
                      way == Instances::kKept ? &kept : nullptr);
    while (!engine::is<engine::Ended>(instance.resume())) {
    }
    if (instance.outcome().kind != engine::Outcome::Kind::kExited) {
      state.SkipWithError(instance.outcome().message.c_str());
      break;
    }
  }
  if (out.bytes() == 0) state.SkipWithError("it printed nothing");
}

void compile(benchmark::State& state, const std::string& path) {
  const Engine compiler = valueOf(Engine::create(Engine::Allocation::kOnDemand, 1));
  const std::string wasm = valueOf(artifact::readBinary(path));
  for (auto _ : state) {
    benchmark::DoNotOptimize(valueOf(engine::compile(compiler, wasm)));
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * wasm.size()));
}

}  // namespace

std::vector<Benchmark> instanceBenchmarks(const Guests& guests) {
  std::vector<Benchmark> benchmarks;
  for (const std::string& path : guests.paths) {
    for (const Instances way : {Instances::kKept, Instances::kNew, Instances::kPooled}) {
      const std::string suffix =
          way == Instances::kKept ? "" : "/" + std::string(engine::nameOf(way));
      benchmarks.push_back({"instance/" + nameOf(path) + suffix, [guests, path, way](auto& state) {
                              runInstances(state, guests, path, way);
                            }});
    }
  }
  return benchmarks;
}

std::vector<Benchmark> compileBenchmarks(const Guests& guests) {
  std::vector<Benchmark> benchmarks;
  for (const std::string& path : guests.paths) {
    benchmarks.push_back(
        {"compile/" + nameOf(path), [path](auto& state) { compile(state, path); }});
  }
  return benchmarks;
}

}  // namespace wagi::micro
