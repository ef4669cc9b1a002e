// For tests only: modules in a folder, and how they are made ready.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "supply/artifact/load.h"
#include "supply/artifact/prepare.h"

namespace wagi::artifact {

// Whether all that is asked of the module is known already.
inline bool recalled(const InspectionRequest& wanted, const Cache& cache) {
  const auto module = readFile(wanted.path, kModuleBytesMax);
  return module && recall(wanted, *module, cache);
}

class PrepareTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) const {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  // Writes a module whose `_routes` is `body`, with `text` and the iovec to print it in its memory.
  std::string writeRoutes(const std::string& body, const std::string& text) const {
    return write("routes.wat", R"((module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1 4000)
      (data (i32.const 0) "\10\00\00\00\)" +
                                   hex(text.size()) + R"(\00\00\00")
      (data (i32.const 16) ")" + text +
                                   R"(")
      (func $print (param $fd i32)
        (drop (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
      (func (export "_start"))
      (func (export "hello"))
      (func (export "_routes") )" + body +
                                   "))");
  }
  static std::string hex(std::size_t byte) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    return {kDigits[byte / 16], kDigits[byte % 16]};
  }

  static constexpr std::uint64_t kMemory = 128 << 20;
  static InspectionRequest wanted(const std::string& path) { return {path, {kMemory}}; }

  void run(ModulePreparation& preparation) {
    preparation.step(ModulePreparation::Clock::now());
    while (!preparation.done()) {
      std::vector<pollfd> fds;
      preparation.addTo(fds);
      ASSERT_GE(::poll(fds.data(), fds.size(), 1'000), 0);
      preparation.step(ModulePreparation::Clock::now());
    }
  }
  Result<Inspection> factsOf(const std::string& path) {
    ModulePreparation preparation({wanted(path)}, cache_, limits_);
    run(preparation);
    return preparation.of(path);
  }
  std::string routesErrorOf(const std::string& body, const std::string& text) {
    const auto facts = factsOf(writeRoutes(body, text));
    return facts ? "no error" : facts.error().message;
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  Cache cache_ = Cache::open({.directory = directory_.path() + "/code"}).value();
  ModulePreparation::Limits limits_;
};

}  // namespace wagi::artifact
