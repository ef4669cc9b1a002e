#include "guest/wasi/fuzz_script.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

namespace wagi::wasi::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStepsMax = 128;
constexpr std::size_t kOutputBytesMax = 1 << 20;  // Filling an unlimited output would be slow.
constexpr rlim_t kFileBytesMax = 1 << 20;
constexpr int kEvents = 3;

class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> data) : data_(data) {}
  std::uint8_t byte() {
    if (data_.empty()) return 0;
    const std::uint8_t value = data_.front();
    data_ = data_.subspan(1);
    return value;
  }
  // Two bytes as an argument. The lower half are small numbers and addresses as they are, an eighth
  // of them descriptors; the upper half are near the ends of the ranges.
  std::uint64_t argument() {
    const std::uint64_t value = byte() | std::uint64_t{byte()} << 8;
    if (value < 0x2000) return value;
    if (value < 0x4000) return value & 0xf;
    if (value < 0x8000) return value & 0x3fff;
    if (value < 0xc000) return std::uint64_t{0} - (value & 0x3fff);
    return (value & 0x3fff) << 18;
  }
  [[nodiscard]] bool empty() const { return data_.empty(); }
  [[nodiscard]] std::span<const std::uint8_t> rest() const { return data_; }

 private:
  std::span<const std::uint8_t> data_;
};

Step readStep(Reader& reader, std::span<const Signature> functions) {
  Step step;
  const std::size_t picked = reader.byte() % (functions.size() + kEvents);
  if (picked >= functions.size()) {
    step.event = static_cast<Step::Event>(1 + picked - functions.size());
    return step;
  }
  step.function = picked;
  for (std::size_t i = 0; i < functions[picked].parameters.size(); ++i) {
    step.arguments[i] = reader.argument();
  }
  if (functions[picked].may_wait) step.meanwhile = static_cast<Meanwhile>(reader.byte() % 4);
  return step;
}

unsigned long long calls = 0;
void printCalls() { std::fprintf(stderr, "host calls: %llu\n", calls); }

}  // namespace

Script::Script(std::span<const std::uint8_t> input) {
  static const std::vector<Signature> functions = signatures();
  constexpr std::size_t kSizes[] = {16 << 10, 64 << 10, 1, 0};
  Reader reader(input);
  const std::uint8_t world = reader.byte();
  kernel = (world & 1) != 0 ? Kernel::kHasOpenat2 : Kernel::kLacksOpenat2;
  abi = (world & 2) != 0 ? Abi::kSnapshot0 : Abi::kSnapshot1;
  memory_bytes = kSizes[world >> 2 & 3];
  output_room = (world & 16) != 0 ? 100 : kOutputBytesMax;
  output_closed = (world & 32) != 0;
  terminal = (world & 64) != 0;
  input_ended = (world & 128) != 0;
  for (std::size_t left = reader.byte() % (kStepsMax + 1); left > 0 && !reader.empty(); --left) {
    steps.push_back(readStep(reader, functions));
  }
  memory = reader.rest();
}

Folders::Folders() {
  for (const char* name : {"rw", "ro", "outside"}) {
    fs::create_directory(folder_.path() / name);
    folder_.write(std::string(name) + "/f", name);
  }
  fs::create_symlink("../outside", folder_.path() / "rw/o");
  fs::create_symlink("../outside/f", folder_.path() / "ro/o");
  fs::create_directory(folder_.path() / "rw/d");
  fs::create_symlink("../f", folder_.path() / "rw/d/l");
}

void Folders::check() const {
  require(list("outside") == 1 && folder_.read("outside/f") == "outside", "outside is untouched");
  require(list("ro") == 2 && folder_.read("ro/f") == "ro", "the read-only folder is as it was");
  require(list("") == 3, "nothing lies beside the folders");
}

std::ptrdiff_t Folders::list(const char* name) const {
  return std::distance(fs::directory_iterator(folder_.path() / name), {});
}

Scene::Scene(const Script& script) {
  world.arguments.add("arg");
  world.environment.add("NAME=value");
  if (script.input_ended) {
    world.in.end();
  } else {
    world.in.add("some input");
  }
  world.out.room = world.err.room = script.output_room;
  world.out.closed = script.output_closed;
  if (script.output_closed) world.system.open_files_max = 2;  // This world has few files, too.
  world.in.is_terminal = world.out.is_terminal = script.terminal;
  world.preopens = {{"/rw", rw.get(), false}, {"/ro", ro.get(), true}};
  world.system.kernel = script.kernel;
}

void Scene::happen(Step::Event event) {
  if (event == Step::Event::kInputComes) world.in.add("more");
  if (event == Step::Event::kOutputDrains) {
    world.out.text.clear();
    world.out.room = kOutputBytesMax;
  }
}

void Scene::happen(Meanwhile meanwhile, const Suspension& suspension) {
  if (meanwhile == Meanwhile::kInputComes) world.in.add("more");
  if (meanwhile == Meanwhile::kInputEnds) world.in.end();
  const auto now = world.system.monotonicClock();
  const auto* const wait = std::get_if<EventWait>(&suspension);
  if (meanwhile == Meanwhile::kTimePasses && wait != nullptr && wait->until && *wait->until > now) {
    // As far as clocks go before they overflow.
    constexpr std::chrono::hours kPassMax(24 * 365);
    world.system.pass(std::min<std::chrono::nanoseconds>(*wait->until - now, kPassMax));
  }
}

void countCall() {
  static const bool printed_at_end = std::atexit(printCalls) == 0;
  require(printed_at_end, "atexit");
  ++calls;
}

void limitFiles() {
  static const bool limited = [] {
    const rlimit limit{kFileBytesMax, kFileBytesMax};
    return ::signal(SIGXFSZ, SIG_IGN) != SIG_ERR && ::setrlimit(RLIMIT_FSIZE, &limit) == 0;
  }();
  require(limited, "files are limited");
}

}  // namespace wagi::wasi::fuzz
