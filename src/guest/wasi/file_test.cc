// Tests open files: reading, writing, positions, sizes, flags, times.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "guest/wasi/folder_testing.h"
#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

constexpr std::uint64_t kReadOnly = rights::kFile & ~rights::kFdWrite;
constexpr std::uint64_t kWriteOnly = rights::kFile & ~rights::kFdRead;

class FileTest : public FolderTest {
 protected:
  U64 seek(U32 fd, std::int64_t offset, U32 whence) {
    EXPECT_EQ(guest().call("fd_seek", {fd, static_cast<U64>(offset), whence, 0}), Errno::kSuccess);
    return guest().load<U64>(0);
  }
  U64 tell(U32 fd) {
    EXPECT_EQ(guest().call("fd_tell", {fd, 0}), Errno::kSuccess);
    return guest().load<U64>(0);
  }
  Fdstat fdstat(U32 fd) {
    EXPECT_EQ(guest().call("fd_fdstat_get", {fd, 0}), Errno::kSuccess);
    return guest().load<Fdstat>(0);
  }
  // The address of an iovec for a buffer of `length` bytes.
  U32 buffer(U32 length) { return guest().iovecs({{kLink, length}}); }
  U32 openWith(std::string_view path, U32 oflags, U32 fdflags) {
    EXPECT_EQ(guest().call("path_open", {kFolder, 1, guest().put(path), path.size(), oflags,
                                         rights::kFile, 0, fdflags, 0}),
              Errno::kSuccess);
    return guest().load<U32>(0);
  }
};

TEST_P(FileTest, WhatIsWrittenIsRead) {
  const U32 fd = guest().open("new", kOflagsCreat);
  EXPECT_EQ(fd, 4) << "the lowest free number";
  guest().write(fd, "hello ");
  guest().write(fd, "world");
  EXPECT_EQ(tell(fd), 11);
  EXPECT_EQ(seek(fd, 6, 0), 6);
  EXPECT_EQ(guest().read(fd), "world");
  EXPECT_EQ(guest().read(fd), "");
  EXPECT_EQ(guest().call("fd_close", {fd}), Errno::kSuccess);
  EXPECT_EQ(folder_.read("new"), "hello world");
  EXPECT_EQ(guest().call("fd_read", {fd, buffer(1), 1, 0}), Errno::kBadf);
}

TEST_P(FileTest, SeekGoesFromEachEnd) {
  folder_.write("f", "0123456789");
  const U32 fd = guest().open("f");
  EXPECT_EQ(seek(fd, 4, 0), 4);
  EXPECT_EQ(seek(fd, -1, 1), 3);
  EXPECT_EQ(seek(fd, -3, 2), 7);
  EXPECT_EQ(guest().read(fd), "789");
  EXPECT_EQ(seek(fd, 100, 0), 100) << "past the end is no error";
  EXPECT_EQ(guest().call("fd_seek", {fd, ~U64{0}, 0, 0}), Errno::kInval) << "-1";
  EXPECT_EQ(guest().call("fd_seek", {fd, 0, 3, 0}), Errno::kInval);
  EXPECT_EQ(tell(fd), 100);
}

TEST_P(FileTest, PositionedCallsLeaveThePosition) {
  folder_.write("f", "0123456789");
  const U32 fd = guest().open("f");
  EXPECT_EQ(guest().call("fd_pread", {fd, buffer(3), 1, 5, 0}), Errno::kSuccess);
  EXPECT_EQ(linked(), "567");
  EXPECT_EQ(guest().call("fd_pwrite", {fd, buffer(3), 1, 0, 0}), Errno::kSuccess);
  EXPECT_EQ(guest().load<U32>(0), 3);
  EXPECT_EQ(tell(fd), 0);
  EXPECT_EQ(guest().read(fd), "5673456789");
  EXPECT_EQ(guest().call("fd_pread", {fd, buffer(3), 1, 10, 0}), Errno::kSuccess);
  EXPECT_EQ(linked(), "");
  EXPECT_EQ(guest().call("fd_pread", {fd, buffer(3), 1, U64{1} << 63, 0}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_pwrite", {fd, buffer(3), 1, U64{1} << 63, 0}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_pread", {9, buffer(3), 1, 0, 0}), Errno::kBadf);
}

TEST_P(FileTest, AccessIsAsOpened) {
  folder_.write("f", "abc");
  const U32 reader = guest().open("f", 0, kReadOnly);
  const U32 writer = guest().open("f", 0, kWriteOnly);
  EXPECT_EQ(guest().call("fd_write", {reader, buffer(1), 1, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_pwrite", {reader, buffer(1), 1, 0, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_read", {writer, buffer(1), 1, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_pread", {writer, buffer(1), 1, 0, 0}), Errno::kBadf);
  EXPECT_EQ(fdstat(reader).rights_base & (rights::kFdRead | rights::kFdWrite), rights::kFdRead);
  EXPECT_EQ(fdstat(writer).rights_base & (rights::kFdRead | rights::kFdWrite), rights::kFdWrite);
  // libc's O_PATH asks for no right: such a descriptor gives metadata only.
  const U32 neither = guest().open("f", 0, 0);
  EXPECT_EQ(guest().call("fd_read", {neither, buffer(1), 1, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_filestat_get", {neither, 0}), Errno::kSuccess);
  // A file gets every other right, whether it was asked for or not.
  const U32 barely = guest().open("f", 0, rights::kFdWrite);
  EXPECT_EQ(fdstat(barely).rights_base, kWriteOnly);
  EXPECT_EQ(guest().call("fd_filestat_set_size", {barely, 2}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_allocate", {barely, 0, 4}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_filestat_set_times", {barely, 1, 1, 5}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_sync", {barely}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_datasync", {barely}), Errno::kSuccess);
}

TEST_P(FileTest, FdstatSaysWhatItIs) {
  folder_.write("f", "");
  const Fdstat file = fdstat(guest().open("f", 0, rights::kFile | rights::kDirectory));
  EXPECT_EQ(file.filetype, static_cast<U32>(Filetype::kRegularFile));
  EXPECT_EQ(file.rights_base, rights::kFile) << "without those that only a folder has";
  const Fdstat folder = fdstat(kFolder);
  EXPECT_EQ(folder.filetype, static_cast<U32>(Filetype::kDirectory));
  EXPECT_EQ(folder.rights_base, rights::kDirectory);
  EXPECT_EQ(folder.rights_inheriting, rights::kFile | rights::kDirectory);
}

TEST_P(FileTest, AppendedBytesGoToTheEnd) {
  folder_.write("f", "abc");
  const U32 fd = openWith("f", 0, kFdflagsAppend);
  EXPECT_EQ(fdstat(fd).flags, kFdflagsAppend);
  guest().write(fd, "def");
  EXPECT_EQ(folder_.read("f"), "abcdef");
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", {fd, 0}), Errno::kSuccess);
  EXPECT_EQ(fdstat(fd).flags, 0);
  EXPECT_EQ(seek(fd, 0, 0), 0);
  guest().write(fd, "X");
  EXPECT_EQ(folder_.read("f"), "Xbcdef");
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", {fd, kFdflagsAppend}), Errno::kSuccess);
  guest().write(fd, "Y");
  EXPECT_EQ(folder_.read("f"), "XbcdefY");
}

TEST_P(FileTest, SyncFlagsAreForOpeningOnly) {
  const U32 all = kFdflagsDsync | kFdflagsRsync | kFdflagsSync;
  const U32 fd = openWith("f", kOflagsCreat, all);
  EXPECT_EQ(fdstat(fd).flags, all);
  guest().write(fd, "x");
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", {fd, 0}), Errno::kNotsup);
  EXPECT_EQ(guest().call("fd_fdstat_set_flags", {fd, all | kFdflagsAppend}), Errno::kSuccess);
}

TEST_P(FileTest, SizesAreSetAndAllocated) {
  folder_.write("f", "abcdef");
  const U32 fd = guest().open("f");
  EXPECT_EQ(guest().call("fd_filestat_set_size", {fd, 3}), Errno::kSuccess);
  EXPECT_EQ(folder_.read("f"), "abc");
  EXPECT_EQ(guest().call("fd_filestat_set_size", {fd, 5}), Errno::kSuccess);
  EXPECT_EQ(folder_.read("f"), std::string("abc\0\0", 5));
  EXPECT_EQ(guest().call("fd_filestat_set_size", {fd, U64{1} << 63}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_allocate", {fd, 0, 10}), Errno::kSuccess);
  EXPECT_EQ(folder_.read("f").size(), 10);
  EXPECT_EQ(guest().call("fd_allocate", {fd, 0, 0}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_allocate", {fd, U64{1} << 63, 1}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_allocate", {fd, 0, U64{1} << 63}), Errno::kInval);
  const U32 reader = guest().open("f", 0, kReadOnly);
  EXPECT_EQ(guest().call("fd_allocate", {reader, 0, 100}), Errno::kBadf) << "as for a write";
  EXPECT_EQ(guest().call("fd_filestat_set_size", {reader, 0}), Errno::kInval);
  EXPECT_EQ(folder_.read("f").size(), 10);
}

TEST_P(FileTest, AdviceIsTaken) {
  folder_.write("f", "abc");
  const U32 fd = guest().open("f");
  for (U32 advice = 0; advice < 6; ++advice) {
    EXPECT_EQ(guest().call("fd_advise", {fd, 0, 3, advice}), Errno::kSuccess) << advice;
  }
  EXPECT_EQ(guest().call("fd_advise", {fd, 0, 3, 6}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_advise", {fd, U64{1} << 63, 3, 0}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_advise", {fd, 0, U64{1} << 63, 0}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_advise", {kFolder, 0, 0, 0}), Errno::kBadf);
}

TEST_P(FileTest, SyncReachesFilesAndFolders) {
  const U32 fd = guest().open("f", kOflagsCreat);
  EXPECT_EQ(guest().call("fd_sync", {fd}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_datasync", {fd}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_sync", {kFolder}), Errno::kSuccess);
  EXPECT_EQ(guest().path("path_create_directory", "d"), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_sync", {guest().openFolder("d")}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_datasync", {kFolder}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_sync", {1}), Errno::kNotcapable);
  EXPECT_EQ(guest().call("fd_sync", {99}), Errno::kBadf);
}

TEST_P(FileTest, FilestatIsTheHosts) {
  folder_.write("f", "12345");
  const U32 fd = guest().open("f");
  struct stat host{};
  ASSERT_EQ(::stat((folder_.path() / "f").c_str(), &host), 0);
  EXPECT_EQ(guest().call("fd_filestat_get", {fd, 0}), Errno::kSuccess);
  const auto stat = guest().load<Filestat>(0);
  EXPECT_EQ(stat.dev, host.st_dev);
  EXPECT_EQ(stat.ino, host.st_ino);
  EXPECT_EQ(stat.filetype, static_cast<U64>(Filetype::kRegularFile));
  EXPECT_EQ(stat.nlink, 1);
  EXPECT_EQ(stat.size, 5);
  EXPECT_EQ(stat.mtim, static_cast<U64>(host.st_mtim.tv_sec) * 1'000'000'000 +
                           static_cast<U64>(host.st_mtim.tv_nsec));
  EXPECT_EQ(guest().call("fd_filestat_get", {kFolder, 0}), Errno::kSuccess);
  EXPECT_EQ(guest().load<Filestat>(0).filetype, static_cast<U64>(Filetype::kDirectory));
}

TEST_P(FileTest, TimesAreSet) {
  folder_.write("f", "");
  const U32 fd = guest().open("f");
  const U64 a = 1'000'000'000'123'456'789, m = 1'200'000'000'000'000'001;
  const U32 both = kFstflagsAtim | kFstflagsMtim;
  EXPECT_EQ(guest().call("fd_filestat_set_times", {fd, a, m, both}), Errno::kSuccess);
  EXPECT_EQ(stat("f").atim, a);
  EXPECT_EQ(stat("f").mtim, m);
  EXPECT_EQ(guest().call("fd_filestat_set_times", {fd, 5, 7, kFstflagsMtim}), Errno::kSuccess);
  EXPECT_EQ(stat("f").atim, a) << "what isn't named stays";
  EXPECT_EQ(stat("f").mtim, 7);
  EXPECT_EQ(guest().call("fd_filestat_set_times", {fd, 0, 0, kFstflagsAtimNow}), Errno::kSuccess);
  EXPECT_GT(stat("f").atim, m);
  EXPECT_EQ(guest().call("fd_filestat_set_times", {fd, 0, 0, 3}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_filestat_set_times", {fd, 0, 0, 12}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_filestat_set_times", {fd, 0, 0, 16}), Errno::kInval);
  EXPECT_EQ(guest().call("fd_filestat_set_times", {kFolder, a, m, both}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_filestat_get", {kFolder, 0}), Errno::kSuccess);
  EXPECT_EQ(guest().load<Filestat>(0).mtim, m) << "of an O_PATH preopen too";
}

TEST_P(FileTest, AFolderIsNoFile) {
  const U32 iovecs = buffer(8);
  EXPECT_EQ(guest().call("fd_read", {kFolder, iovecs, 1, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_write", {kFolder, iovecs, 1, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_pread", {kFolder, iovecs, 1, 0, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_pwrite", {kFolder, iovecs, 1, 0, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_seek", {kFolder, 0, 0, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_tell", {kFolder, 0}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_allocate", {kFolder, 0, 1}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_filestat_set_size", {kFolder, 0}), Errno::kBadf);
  const U32 file = guest().open("f", kOflagsCreat);
  EXPECT_EQ(guest().tryOpen("x", 0, rights::kFdRead, file), Errno::kNotdir);
  EXPECT_EQ(guest().call("fd_readdir", {file, kLink, 8, 0, 0}), Errno::kNotdir);
}

TEST_P(FileTest, RenumberReplacesAFile) {
  folder_.write("a", "A");
  folder_.write("b", "B");
  const U32 a = guest().open("a"), b = guest().open("b");
  EXPECT_EQ(guest().call("fd_renumber", {a, b}), Errno::kSuccess);
  EXPECT_EQ(guest().read(b), "A");
  EXPECT_EQ(guest().call("fd_close", {a}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_renumber", {b, 77}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_renumber", {b, 0}), Errno::kSuccess) << "dup2 over stdin";
  EXPECT_EQ(guest().call("fd_seek", {0, 0, 0, 0}), Errno::kSuccess);
  EXPECT_EQ(guest().read(0), "A");
}

TEST_P(FileTest, RenumberMovesAndReplacesAPreopen) {
  folder_.write("f", "text");
  const U32 f = guest().open("f");
  EXPECT_EQ(guest().call("fd_renumber", {kFolder, 0}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_prestat_get", {kFolder, 8}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_prestat_get", {0, 8}), Errno::kSuccess) << "it is one still";
  EXPECT_EQ(guest().open("f", 0, rights::kFdRead, 0), kFolder) << "its number is free";
  EXPECT_EQ(guest().call("fd_renumber", {f, 0}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_prestat_get", {0, 8}), Errno::kBadf);
  EXPECT_EQ(guest().read(0), "text");
  EXPECT_NE(::fcntl(opened_.get(), F_GETFD), -1) << "the shared descriptor stays open";
}

TEST_P(FileTest, OpenFilesAreLimited) {
  folder_.write("f", "x");
  for (std::size_t i = 0; i < kOpenFilesMax; ++i) ASSERT_EQ(guest().open("f"), 4 + i);
  EXPECT_EQ(guest().tryOpen("f"), Errno::kMfile);
  EXPECT_EQ(guest().tryOpen("made", kOflagsCreat), Errno::kMfile);
  EXPECT_FALSE(exists("made"));
  EXPECT_EQ(guest().call("fd_close", {100}), Errno::kSuccess);
  EXPECT_EQ(guest().open("f"), 100);
}

TEST_P(FileTest, OpenFilesOfAllGuestsTogetherAreLimited) {
  folder_.write("f", "x");
  world_.system.open_files_max = 3;
  {
    Guest other(world_);
    other.open("f");
    other.openFolder(".");
    EXPECT_EQ(guest().open("f"), 4);
    EXPECT_EQ(guest().tryOpen("f"), Errno::kNfile);
    EXPECT_EQ(guest().tryOpen("made", kOflagsCreat), Errno::kNfile);
    EXPECT_FALSE(exists("made"));
    EXPECT_EQ(guest().call("fd_readdir", {kFolder, 2048, 100, 0, 0}), Errno::kNfile);
    EXPECT_EQ(guest().path("path_unlink_file", "missing"), Errno::kNoent) << "nothing stays open";
    EXPECT_EQ(guest().call("fd_close", {4}), Errno::kSuccess);
    EXPECT_EQ(guest().call("fd_readdir", {kFolder, 2048, 100, 0, 0}), Errno::kSuccess);
    EXPECT_EQ(guest().tryOpen("missing"), Errno::kNfile);
  }
  // The places of a guest that has ended are free again, and a failed open keeps none.
  EXPECT_EQ(guest().tryOpen("missing"), Errno::kNoent);
  EXPECT_EQ(guest().open("f"), 4);
  EXPECT_EQ(guest().open("f"), 5);
  EXPECT_EQ(guest().call("fd_renumber", {4, 5}), Errno::kSuccess);
  EXPECT_EQ(guest().open("f"), 4);
  EXPECT_EQ(guest().tryOpen("f"), Errno::kNfile);
}

TEST_P(FileTest, WhatOneCallAllocatesIsLimited) {
  folder_.write("f", "x");
  const std::uint32_t f = guest().open("f");
  EXPECT_EQ(guest().call("fd_allocate", {f, 0, kAllocateBytesMax + 1}), Errno::kFbig);
  EXPECT_EQ(folder_.read("f"), "x");
}

TEST_P(FileTest, PreopensIntroduceThemselves) {
  EXPECT_EQ(guest().call("fd_prestat_get", {kFolder, 8}), Errno::kSuccess);
  EXPECT_EQ(guest().load<Prestat>(8).tag, 0);
  EXPECT_EQ(guest().load<Prestat>(8).name_len, 5);
  EXPECT_EQ(guest().call("fd_prestat_dir_name", {kFolder, 100, 5}), Errno::kSuccess);
  EXPECT_EQ(guest().text(100, 6), std::string("/data\0", 6));
  EXPECT_EQ(guest().call("fd_prestat_dir_name", {kFolder, 100, 4}), Errno::kNametoolong);
  EXPECT_EQ(guest().call("fd_prestat_dir_name", {kFolder, 100, 50}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_prestat_get", {4, 8}), Errno::kBadf) << "where libc stops to look";
  EXPECT_EQ(guest().call("fd_prestat_dir_name", {4, 100, 5}), Errno::kBadf);
  EXPECT_EQ(guest().call("fd_close", {kFolder}), Errno::kSuccess);
  EXPECT_EQ(guest().call("fd_prestat_get", {kFolder, 8}), Errno::kBadf);
  EXPECT_NE(::fcntl(opened_.get(), F_GETFD), -1) << "the shared descriptor stays open";
}

INSTANTIATE_TEST_SUITE_P(Kernels, FileTest,
                         testing::Values(Kernel::kHasOpenat2, Kernel::kLacksOpenat2), kernelName);

}  // namespace
}  // namespace wagi::wasi
