#include "supply/store/store.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/file.h"
#include "base/sha256.h"

namespace wagi::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::string contentsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

void overwrite(const std::string& path, std::string_view bytes) {
  fs::permissions(path, fs::perms::owner_all);
  write(path, bytes);
}

void setUsed(const std::string& path, std::int64_t when) {
  const timespec times[2] = {{when, 0}, {when, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

class StoreTest : public testing::Test {
 protected:
  static constexpr std::int64_t kLongAgo = 1'000'000;
  Store store() const { return Store::open(directory_.path() + "/store").value(); }
  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST(ParseDigest, TakesLowerCaseHexWithOrWithoutItsAlgorithm) {
  const std::string hex(64, 'a');
  EXPECT_EQ(parseDigest(hex), hex);
  EXPECT_EQ(parseDigest("sha256:" + hex), hex);
  for (const std::string& bad : {std::string(), hex.substr(1), hex + 'a', std::string(64, 'A'),
                                 std::string(64, '/'), "sha512:" + hex, "sha256:" + hex + '\n'}) {
    EXPECT_EQ(parseDigest(bad), std::nullopt) << bad;
  }
}

TEST_F(StoreTest, KeepsBytesUnderTheirDigest) {
  const Digest digest = store().put("some bytes").value();
  EXPECT_EQ(digest, sha256Hex("some bytes"));
  EXPECT_EQ(store().put("some bytes"), digest) << "again";
  EXPECT_EQ(contentsOf(store().find(digest).value()), "some bytes");
  EXPECT_EQ(digestOf(*store().find(digest)), digest);
  EXPECT_EQ(store().find(sha256Hex("others")), std::nullopt);
}

TEST_F(StoreTest, IsForItsOwnerOnly) {
  struct stat status{};
  ASSERT_EQ(::stat(store().directory().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
  fs::permissions(store().directory(), fs::perms::all);
  EXPECT_THAT(Store::open(directory_.path() + "/store").error().message,
              HasSubstr("nobody else may write"));
}

TEST_F(StoreTest, ABlobThatOthersMayWriteIsNotTrusted) {
  const Digest digest = store().put("bytes").value();
  fs::permissions(*store().find(digest), fs::perms::all);
  EXPECT_EQ(store().find(digest), std::nullopt);
}

TEST_F(StoreTest, ADownloadBecomesABlob) {
  const Digest digest = sha256Hex("downloaded");
  const std::string partial = store().partialPath(digest).value();
  write(partial, "downloaded");
  const std::string path = store().commit(digest).value();
  EXPECT_EQ(store().find(digest), path);
  EXPECT_FALSE(fs::exists(partial));
  EXPECT_EQ(store().commit(digest), path) << "as for a process that comes second";
}

TEST_F(StoreTest, ADownloadOfOtherBytesIsRemoved) {
  const Digest digest = sha256Hex("expected");
  const std::string partial = store().partialPath(digest).value();
  write(partial, "something else");
  const std::string message = store().commit(digest).error().message;
  EXPECT_THAT(message, HasSubstr(digest));
  EXPECT_THAT(message, HasSubstr(sha256Hex("something else")));
  EXPECT_FALSE(fs::exists(partial));
  EXPECT_EQ(store().find(digest), std::nullopt);
  EXPECT_FALSE(store().commit(digest)) << "there is nothing now";
}

TEST_F(StoreTest, APathIsMadeOfADigestOnly) {
  EXPECT_FALSE(store().partialPath("../../etc/passwd"));
  EXPECT_FALSE(store().commit("../x"));
}

TEST_F(StoreTest, RemembersWhatAReferenceStoodFor) {
  const Digest digest = store().put("module").value();
  const Name name{"oci://h/n:t", digest, {digest}, {"/a/tree"}, 1234};
  ASSERT_TRUE(store().remember(name));
  const auto recalled = store().recall("oci://h/n:t");
  ASSERT_TRUE(recalled);
  EXPECT_EQ(recalled->digest, digest);
  EXPECT_THAT(recalled->blobs, ElementsAre(digest));
  EXPECT_THAT(recalled->trees, ElementsAre("/a/tree"));
  EXPECT_EQ(recalled->used_at, 1234);
  EXPECT_FALSE(store().recall("oci://h/n:other"));
  EXPECT_EQ(store().names().size(), 1u);
}

TEST_F(StoreTest, ADamagedNameIsNone) {
  const Digest digest = store().put("module").value();
  ASSERT_TRUE(store().remember({"oci://h/n:t", digest, {digest}, {}, 1}));
  const auto file = fs::directory_iterator(store().directory() + "/names")->path();
  for (const char* text : {"", "{", "[]", "{\"reference\": 1}", "{\"reference\": \"oci://h/n:t\"}",
                           R"({"reference": "oci://h/n:t", "digest": "../../x"})",
                           R"({"reference": "other", "digest": ")"}) {
    write(file, text);
    EXPECT_FALSE(store().recall("oci://h/n:t")) << text;
  }
}

TEST_F(StoreTest, ATreeHasItsFiles) {
  const Digest a = store().put("first").value();
  const Digest b = store().put("second").value();
  const auto tree = store().tree({{"a.txt", a}, {"sub/deep/b.txt", b}, {"sub/copy", a}});
  ASSERT_TRUE(tree) << tree.error().message;
  EXPECT_EQ(contentsOf(*tree + "/a.txt"), "first");
  EXPECT_EQ(contentsOf(*tree + "/sub/deep/b.txt"), "second");
  EXPECT_EQ(contentsOf(*tree + "/sub/copy"), "first");
  struct stat status{};
  ASSERT_EQ(::stat((*tree + "/sub/deep/b.txt").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0444u);
  ASSERT_EQ(::stat((*tree + "/sub/deep").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0755u);
  EXPECT_EQ(store().tree({{"sub/copy", a}, {"sub/deep/b.txt", b}, {"a.txt", a}}), *tree);
  EXPECT_NE(store().tree({{"a.txt", a}}), *tree);
}

TEST_F(StoreTest, ATreeStaysInItsFolder) {
  const Digest a = store().put("first").value();
  for (const std::string& path :
       {std::string(), std::string("/abs"), std::string(".."), std::string("../x"),
        std::string("a/../../x"), std::string("./x"), std::string("a//b"), std::string("a/"),
        std::string("nul\0x", 5), std::string(300, 'x'), std::string(2000, '/')}) {
    const auto tree = store().tree({{"good", a}, {path, a}});
    ASSERT_FALSE(tree) << path;
    EXPECT_THAT(tree.error().message, HasSubstr(path));
  }
  EXPECT_FALSE(store().tree({{"twice", a}, {"twice", a}}));
  EXPECT_FALSE(store().tree({{"file", a}, {"file/in", a}}));
  EXPECT_THAT(store().tree({{"lost", sha256Hex("lost")}}).error().message, HasSubstr("lost"));
  EXPECT_TRUE(fs::is_empty(store().directory() + "/trees"));
}

TEST_F(StoreTest, VerifyFindsOtherBytes) {
  const Digest good = store().put("good").value();
  const Digest bad = store().put("bad").value();
  const std::string tree = store().tree({{"f", bad}}).value();
  ASSERT_TRUE(store().remember({"r", bad, {bad, good}, {tree}, 1}));
  EXPECT_THAT(store().verify(Store::Repair::kNo).value(), ElementsAre());
  overwrite(*store().find(bad), "evil");
  EXPECT_THAT(store().verify(Store::Repair::kNo).value(), ElementsAre(bad));
  EXPECT_TRUE(store().find(bad));
  EXPECT_THAT(store().verify(Store::Repair::kYes).value(), ElementsAre(bad));
  EXPECT_FALSE(store().find(bad));
  EXPECT_FALSE(fs::exists(tree));
  EXPECT_TRUE(store().find(good));
}

TEST_F(StoreTest, PruneKeepsWhatNamesNeed) {
  const Digest used = store().put("used").value();
  const Digest unused = store().put("unused").value();
  const Digest old = store().put("of an old name").value();
  const Digest young = store().put("about to be named").value();
  const std::string kept_tree = store().tree({{"f", used}}).value();
  const std::string old_tree = store().tree({{"f", old}}).value();
  ASSERT_TRUE(store().remember({"new", used, {used}, {kept_tree}, 2000}));
  ASSERT_TRUE(store().remember({"old", old, {old}, {old_tree}, 1000}));
  for (const Digest& digest : {used, unused, old}) setUsed(*store().find(digest), kLongAgo);
  for (const std::string& tree : {kept_tree, old_tree}) setUsed(tree, kLongAgo);
  const std::string partial = store().partialPath(old).value();
  write(partial, "old beginning");
  setUsed(partial, kLongAgo);

  const auto bytes = store().prune(1500);
  ASSERT_TRUE(bytes);
  EXPECT_GE(*bytes, std::string("unused of an old name").size());
  EXPECT_TRUE(store().find(used));
  EXPECT_TRUE(fs::exists(kept_tree + "/f"));
  EXPECT_TRUE(store().find(young));
  EXPECT_FALSE(store().find(unused));
  EXPECT_FALSE(store().find(old));
  EXPECT_FALSE(fs::exists(old_tree));
  EXPECT_FALSE(fs::exists(partial));
  EXPECT_TRUE(store().recall("new"));
  EXPECT_FALSE(store().recall("old"));
}

}  // namespace
}  // namespace wagi::store
