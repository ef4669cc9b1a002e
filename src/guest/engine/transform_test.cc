// Tests which modules have their data taken out, and what is said of those whose instances can't be
// kept.
#include <gtest/gtest.h>

#include <string>

#include "guest/engine/engine_testing.h"

namespace wagi::engine {
namespace {

TEST(Transform, SaysWhyAnInstanceCantBeKept) {
  TestModules modules(Way::kKept);
  const auto said = [&](const std::string& fields) {
    const Module& module = modules.load("(module " + fields + ")", /*bind=*/false);
    return std::string(nameOf(module.instances())) + ": " + module.whyNotKept();
  };
  const std::string memory = "(memory 1) (func $f)";
  EXPECT_EQ(said(memory + "(data (i32.const 8) \"x\") (global (mut i32) (i32.const 1))"), "kept: ");
  EXPECT_EQ(said(memory + "(table 1 funcref) (elem (i32.const 0) func $f)"), "kept: ");
  EXPECT_EQ(said(memory + "(start $f)"), "new: it has a start function");
  EXPECT_EQ(
      said(memory + "(table $t 1 funcref) (func (table.set $t (i32.const 0) (ref.null func)))"),
      "new: it writes to a table");
  EXPECT_EQ(said(memory + "(elem $e func $f) (func (elem.drop $e))"),
            "new: it drops a segment of elements");
  EXPECT_EQ(said(memory + "(global (mut funcref) (ref.null func))"),
            "new: it has a mutable global that is a reference");
  EXPECT_EQ(said(memory + "(type $s (struct (field i32)))"),
            "new: it has objects that are collected");
  EXPECT_EQ(said("(func)"), "pooled: it has no memory");
  EXPECT_EQ(said("(memory 1) (memory 1)"), "pooled: it has several memories");
  EXPECT_EQ(said("(memory i64 1)"),
            "pooled: its memory is of 64 bits, or has pages of its own size");
  EXPECT_EQ(said("(memory 1) (data \"x\")"),
            "pooled: it has data that is for later, or for another memory");
  EXPECT_EQ(said("(memory 1) (data (i32.const 65536) \"x\")"),
            "pooled: it has data outside of its memory");
  EXPECT_EQ(said("(memory 1) (data $d (i32.const 0) \"x\") (func (data.drop $d))"),
            "pooled: it copies its data itself");
  EXPECT_EQ(said("(import \"env\" \"memory\" (memory 1))"),
            "pooled: it imports more than functions");
  EXPECT_EQ(said("(memory (export \"wagi:memory\") 1)"),
            "pooled: it has an export whose name is reserved");
}

TEST(Transform, AnInvalidModuleIsRefusedWithItsOwnMessage) {
  const auto engine = Engine::create(Engine::Allocation::kOnDemand, 1).value();
  const auto wasm =
      textToBinary("(module (memory 1) (data (i32.const 0) \"x\") (func (result i32)))");
  const auto with = compile(engine, *wasm);
  const auto without = compile(engine, *wasm, Transform::kNo);
  ASSERT_FALSE(with);
  EXPECT_EQ(with.error().message, without.error().message);
}

}  // namespace
}  // namespace wagi::engine
