#include "guest/engine/code_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "guest/engine/code.h"
#include "guest/engine/engine.h"

namespace wagi::engine {
namespace {

class CodeFileTest : public testing::Test {
 protected:
  Result<CodeNotes> read(const std::string& content) {
    const std::string path = folder_.path() + "/" + std::to_string(++files_);
    EXPECT_TRUE(writeNewFile(path, content, 0600));
    auto file = openCodeFile(path);
    if (!file) return std::unexpected(std::move(file.error()));
    return std::move(file->notes);
  }
  // The file of a module of these fields.
  std::string compiled(const std::string& fields) {
    const auto engine = Engine::create(Engine::Allocation::kOnDemand, 1).value();
    return compile(engine, textToBinary("(module " + fields + ")").value()).value();
  }

  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-code-file-").value();
  int files_ = 0;
};

TEST_F(CodeFileTest, NotesAreFoundBehindTheMachineCode) {
  const auto notes = read(compiled("(memory 2) (data (i32.const 70000) \"here\")"));
  ASSERT_TRUE(notes) << notes.error().message;
  EXPECT_EQ(notes->instances, Instances::kKept);
  EXPECT_EQ(notes->reason, "");
  EXPECT_EQ(notes->image_address, 70000 / kHostPageBytes * kHostPageBytes) << "zeros are left out";
  EXPECT_EQ(notes->image_bytes, kHostPageBytes);
  EXPECT_EQ(notes->image_offset % kHostPageBytes, 0u);
}

TEST_F(CodeFileTest, TheImageIsThere) {
  const std::string content = compiled("(memory 1) (data (i32.const 5000) \"here\")");
  const auto notes = read(content).value();
  EXPECT_EQ(content.substr(notes.image_offset + 5000 - notes.image_address, 5),
            std::string("here\0", 5));
  EXPECT_EQ(content.size(), notes.image_offset + notes.image_bytes);
}

TEST_F(CodeFileTest, WhatIsPooledHasAReasonAndNoImage) {
  const auto notes = read(compiled("(func)"));
  ASSERT_TRUE(notes) << notes.error().message;
  EXPECT_EQ(notes->instances, Instances::kPooled);
  EXPECT_EQ(notes->reason, "it has no memory");
  EXPECT_EQ(notes->image_bytes, 0u);
}

TEST_F(CodeFileTest, BytesBehindTheNotesDontMatter) {
  const auto notes = read(compiled("(func)") + "a trailer of the cache's");
  EXPECT_TRUE(notes) << notes.error().message;
}

TEST_F(CodeFileTest, WhatIsDamagedIsRefused) {
  const std::string content = compiled("(memory 2) (data (i32.const 70000) \"here\")");
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("not code, but long enough to have a header of an ELF file in it, it seems"));
  EXPECT_FALSE(read(content.substr(0, content.size() / 2)));
  EXPECT_EQ(read(content.substr(0, content.size() - 1)).error().message, "its end is missing");
}

}  // namespace
}  // namespace wagi::engine
