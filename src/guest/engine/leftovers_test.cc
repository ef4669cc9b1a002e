// Tests that an instance finds nothing of the one before it. All share one slot, so that each gets
// the memory, the table and the stack that another left, of any module, ended in any way.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "guest/engine/code.h"
#include "guest/engine/instance.h"

namespace wagi::engine {
namespace {

class NoInput final : public wasi::Input {
 public:
  std::optional<std::size_t> read(std::span<std::byte>) override { return std::nullopt; }
  std::optional<std::size_t> available() override { return std::nullopt; }
};

class NoOutput final : public wasi::Output {
 public:
  Written write(std::span<const std::byte> bytes) override { return {bytes.size(), Status::kOk}; }
};

// A module that fills `pages` of memory, a table and a global with values that no fresh instance
// has.
std::string filler(int pages, int initial_pages, const std::string& data) {
  return R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") )" +
         std::to_string(initial_pages) + ")\n" + data + R"(
  (table $t 10 5000 funcref)
  (global $g (mut i64) (i64.const 0))
  (elem declare func $fill)
  (func $fill
    (drop (memory.grow (i32.const )" +
         std::to_string(pages - initial_pages) + R"()))
    (memory.fill (i32.const 0) (i32.const 0xa5) (i32.shl (memory.size) (i32.const 16)))
    (drop (table.grow $t (ref.func $fill) (i32.const 4000)))
    (table.fill $t (i32.const 0) (ref.func $fill) (table.size $t))
    (global.set $g (i64.const -1)))
  (func (export "ends") (call $fill))
  (func (export "traps") (call $fill) unreachable)
  (func (export "waits") (call $fill)
    (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 100))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64))))))";
}

// A module that traps unless its memory is zeros but for 16 bytes, its table empty, its global 7.
std::string searcher(int initial_pages, int pages, const std::string& data) {
  return R"((module
  (memory (export "memory") )" +
         std::to_string(initial_pages) + ")\n" + data + R"(
  (table $t 100 5000 funcref)
  (global $g (mut i64) (i64.const 7))
  (func (export "search") (local $at i32) (local $end i32)
    (drop (memory.grow (i32.const )" +
         std::to_string(pages - initial_pages) + R"()))
    (local.set $end (i32.shl (memory.size) (i32.const 16)))
    (local.set $at (i32.const 16))
    (loop $bytes
      (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then unreachable))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br_if $bytes (i32.lt_u (local.get $at) (local.get $end))))
    (local.set $at (i32.const 0))
    (loop $elements
      (if (i32.eqz (ref.is_null (table.get $t (local.get $at)))) (then unreachable))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $elements (i32.lt_u (local.get $at) (table.size $t))))
    (if (i64.ne (global.get $g) (i64.const 7)) (then unreachable)))))";
}

const char* const kData = "(data (i32.const 0) \"sixteen bytes...\")";

class LeftoversTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "wagi-engine-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Module load(const std::string& wat) {
    const auto wasm = textToBinary(wat);
    EXPECT_TRUE(wasm) << wasm.error().message;
    const auto code = compile(compiler_, *wasm, Transform::kNo).value();
    const std::string path = folder_ / std::to_string(++files_);
    std::ofstream(path, std::ios::binary) << code;
    auto module = Module::load(engine_, path).value();
    EXPECT_TRUE(module.bind(host_));
    return module;
  }

  // How the guest ended; nullopt where it still waited when it was dropped.
  std::optional<Outcome> run(const Module& module, const char* entry_point) {
    const EntryPoint function = module.find(entry_point);
    const wasi::Invocation invocation{block_, block_, in_, out_, out_, {}, wasi::realSystem()};
    Instance instance(module, function, invocation, 0);
    for (;;) {
      const Stop stop = instance.resume();
      if (is<Ended>(stop)) return instance.outcome();
      if (const auto* wait = std::get_if<wasi::EventWait>(&stop); wait != nullptr && wait->in) {
        return std::nullopt;
      }
    }
  }

  std::filesystem::path folder_;
  int files_ = 0;
  Block block_;
  NoInput in_;
  NoOutput out_;
  const Engine compiler_ = Engine::create(Engine::Allocation::kOnDemand, 1).value();
  const Engine engine_ = Engine::create(Engine::Allocation::kPool, 1).value();
  const Host host_ = Host::create(engine_).value();
};

TEST_F(LeftoversTest, AnInstanceFindsNothingOfTheOneBeforeInItsSlot) {
  std::vector<Module> fillers, searchers;
  for (const int pages : {2, 17, 200}) {  // Less and more than kKeepResidentBytes.
    fillers.push_back(load(filler(pages, 1, "")));
    fillers.push_back(load(filler(pages, 2, kData)));
  }
  for (const int pages : {1, 20, 220}) {
    searchers.push_back(load(searcher(1, pages, "")));
    searchers.push_back(load(searcher(1, pages, kData)));
    searchers.push_back(load(searcher(pages, pages, "")));
  }
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    const Module& filler = fillers[random() % fillers.size()];
    const char* const ways[] = {"ends", "traps", "waits"};
    const std::string way = ways[random() % 3];
    const auto filled = run(filler, way.c_str());
    ASSERT_EQ(filled.has_value(), way != "waits");
    if (filled) {
      ASSERT_EQ(filled->kind, way == "ends" ? Outcome::Kind::kExited : Outcome::Kind::kTrapped)
          << filled->message;
    }
    const std::size_t number = random() % searchers.size();
    const auto searched = run(searchers[number], "search");
    ASSERT_TRUE(searched);
    ASSERT_EQ(searched->kind, Outcome::Kind::kExited)
        << "searcher " << number << " after a guest that " << way << ": " << searched->message;
  }
}

// Shows that the test above would find something: this module doesn't begin with zeros.
TEST_F(LeftoversTest, ASearchFindsWhatIsThere) {
  const Module dirty = load(searcher(1, 1, "(data (i32.const 65535) \"x\")"));
  EXPECT_EQ(run(dirty, "search")->kind, Outcome::Kind::kTrapped);
}

}  // namespace
}  // namespace wagi::engine
