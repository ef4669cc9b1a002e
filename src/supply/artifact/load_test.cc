#include "supply/artifact/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/sha256.h"

namespace wagi::artifact {
namespace {

using namespace std::string_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class LoadTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) const {
    const std::string path = directory_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  Result<Loaded> load(const std::string& path) {
    const auto wasm = readBinary(path);
    if (!wasm) return std::unexpected(wasm.error());
    return artifact::load(runtimes_, cache_, *wasm, path, [this](LoadNews) { ++compilations_; });
  }
  std::string errorOf(const std::string& path) {
    const auto loaded = load(path);
    return loaded ? "loaded" : loaded.error().message;
  }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  Cache cache_ = Cache::open({.directory = directory_.path() + "/code"}).value();
  engine::Runtimes runtimes_{1};
  int compilations_ = 0;
};

TEST_F(LoadTest, CompilesOnce) {
  const std::string path = write("a.wat", "(module (func (export \"_start\")))");
  const auto first = load(path);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->module.functions().at(0).name, "_start");
  EXPECT_EQ(load(path)->code, first->code);
  EXPECT_EQ(compilations_, 1);
}

TEST_F(LoadTest, ABinaryAndItsTextAreOneEntry) {
  const std::string empty = write("empty.wasm", "\0asm\1\0\0\0"s);
  const std::string text = write("empty.wat", "(module)");
  EXPECT_EQ(load(empty)->code, load(text)->code);
  EXPECT_EQ(compilations_, 1);
}

TEST_F(LoadTest, WhatTheEngineRefusesIsCompiledAgain) {
  const std::string path = write("a.wat", "(module)");
  const auto binary = readBinary(path).value();
  ASSERT_TRUE(cache_.store(compileKey(sha256Hex(binary)), "code of another processor"));
  EXPECT_TRUE(load(path));
  EXPECT_EQ(compilations_, 1);
  EXPECT_TRUE(load(path));
  EXPECT_EQ(compilations_, 1);
}

TEST_F(LoadTest, SaysWhatAFileIsInstead) {
  EXPECT_THAT(errorOf("/nonexistent/a.wasm"),
              AllOf(HasSubstr("/nonexistent/a.wasm"), HasSubstr("No such file")));
  EXPECT_THAT(errorOf(write("elf.wasm",
                            "\x7f"
                            "ELF..")),
              AllOf(HasSubstr("elf.wasm isn't a WebAssembly module"), HasSubstr("ELF")));
  EXPECT_THAT(errorOf(write("cut.wasm", "\0asm\1\0\0\0\1\x7f..."s)), HasSubstr("cut off"));
  const std::string component =
      "a WebAssembly component (WASI 0.2 or later), which is not supported";
  EXPECT_THAT(errorOf(write("component.wasm", "\0asm\x0d\0\1\0"s)), HasSubstr(component));
  EXPECT_THAT(errorOf(write("component.wat", "(component)")), HasSubstr(component));
}

TEST_F(LoadTest, SaysWhatIsWrongInAModule) {
  EXPECT_THAT(errorOf(write("bad.wat", "(module (fnc))")),
              AllOf(HasSubstr("bad.wat isn't valid WebAssembly text"), HasSubstr("fnc")));
  EXPECT_THAT(errorOf(write("type.wat", "(module (func (result i32)))")),
              AllOf(HasSubstr("type.wat isn't a valid WebAssembly module"),
                    HasSubstr("type mismatch"), Not(HasSubstr("no flag"))));
  EXPECT_THAT(errorOf(write("pages.wat", "(module (memory 1 (pagesize 1)))")),
              AllOf(HasSubstr("custom page sizes"), HasSubstr("no flag of wagi enables this")));
}

TEST_F(LoadTest, SaysWhichImportIsUnknown) {
  const auto error_of = [&](const std::string& import) {
    const std::string path = write("imports.wat", "(module (import " + import + " (func)))");
    return artifact::bind(load(path)->module, runtimes_, path).error().message;
  };
  EXPECT_THAT(error_of("\"env\" \"frobnicate\""),
              AllOf(HasSubstr("imports.wat"), HasSubstr("env"), HasSubstr("frobnicate")));
  EXPECT_THAT(error_of("\"wasi_snapshot_preview1\" \"fd_write\""), HasSubstr("fd_write"));
  EXPECT_THAT(error_of("\"wasi_experimental_http\" \"req\""),
              AllOf(HasSubstr("imports.wat"), HasSubstr("wasi_experimental_http")))
      << "of another type";
}

}  // namespace
}  // namespace wagi::artifact
