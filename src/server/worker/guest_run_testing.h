// For tests only: guests made from text that answer over an exchange without a network.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "guest/engine/code.h"
#include "guest/engine/ticker.h"
#include "server/worker/fake_exchange.h"
#include "server/worker/handler.h"

namespace wagi::worker {

// A module whose _start is `body`, with the strings of `data` one after another at 100 and an
// iovec at 0 that each $print fills.
inline std::string program(const std::string& data, const std::string& body) {
  return R"((module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read"
      (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "poll_oneoff"
      (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 4)
    (data (i32.const 100) ")" +
         data + R"(")
    (func $print (param $at i32) (param $size i32)
      (i32.store (i32.const 0) (local.get $at))
      (i32.store (i32.const 4) (local.get $size))
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "_start") )" +
         body + "))";
}

inline const std::string kHello = "Content-Type: text/plain\\n\\nhello";  // 31 bytes.
inline constexpr const char* kPrintHello = "(call $print (i32.const 100) (i32.const 31))";

// The same as a reactor, whose entry point `go` prints the first 31 bytes of `data`.
inline std::string reactor(const std::string& data, const std::string& initialize) {
  return program(data, ") (func (export \"_initialize\") " + initialize +
                           ") (func (export \"go\")" + kPrintHello);
}

class GuestRunTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "wagi-run-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    route_.pattern = "/...";
    route_.module = "guest.wat";
    route_.entrypoint = "_start";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Serves one request with a guest made from text.
  void serve(const std::string& wat) {
    const auto compiler = engine::Engine::create(engine::Engine::Allocation::kOnDemand, 1).value();
    const auto wasm = engine::textToBinary(wat);
    ASSERT_TRUE(wasm) << wasm.error().message;
    const auto code = engine::compile(compiler, *wasm);
    ASSERT_TRUE(code) << code.error().message;
    route_.code = (folder_ / "code").string();
    std::ofstream(route_.code, std::ios::binary) << *code;

    plan_.routes = {route_};
    plan_.sites[0].targets = {BuiltInPage::kHealth, GuestTarget{0}};
    plan_.modules_count = 1;
    plan_.log_dir = folder_.string();
    counters_ = SharedCounters::create(1, 1).value();
    const UniqueFd spool(::open(folder_.c_str(), O_PATH | O_CLOEXEC));
    WorkerContext worker(*counters_, 0, {100, spool.get()}, 0, wasi::realSystem());
    auto site = Sites::load(plan_, *counters_, Warnings::kLogged);
    ASSERT_TRUE(site) << site.error().message;
    const auto engines = (*site)->engines();
    const UniqueFd wanted(::open("/dev/zero", O_RDONLY | O_CLOEXEC));  // Somebody always waits.
    const auto ticker = engine::Ticker::start(engines, std::chrono::milliseconds(5), wanted.get());
    ASSERT_TRUE(ticker) << ticker.error().message;
    worker.ticker = &*ticker;
    if (out_of_service_) counters_->takeOutOfService(0);
    RequestHandler handler(**site, worker, plan_.unknown_host_status);
    for (int i = 0; computes_ && i < 2; ++i)
      (*site)->route(GuestTarget{0})->history.computing.add(true);
    std::unique_ptr<http::Task> task = handler.begin(exchange_);
    at_once_ = task == nullptr;
    if (task) {
      exchange_.run(task->run());
      task.reset();
    }
    EXPECT_EQ(worker.instances, 0u);
    EXPECT_EQ(counters_->running(0), 0u);
  }

  std::filesystem::path folder_;
  Route route_;
  Plan plan_;
  std::unique_ptr<SharedCounters> counters_;
  FakeExchange exchange_;
  bool at_once_ = false;
  bool out_of_service_ = false;
  bool computes_ = false;  // Its route is known for that.
};

}  // namespace wagi::worker
