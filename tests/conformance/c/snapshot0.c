// Tests wasi_unstable, the predecessor of preview 1, declared by hand from its witx: the functions
// that lay out or count something differently, and that the others exist under the old name.
#include <stdint.h>

#include "conformance.h"

#define HOST(NAME) __attribute__((import_module("wasi_unstable"), import_name(#NAME)))

HOST(args_sizes_get) int32_t argsSizesGet(size_t*, size_t*);
HOST(clock_time_get) int32_t clockTimeGet(uint32_t, uint64_t, uint64_t*);
HOST(fd_close) int32_t fdClose(uint32_t);
HOST(fd_filestat_get) int32_t fdFilestatGet(uint32_t, void*);
HOST(fd_pread) int32_t fdPread(uint32_t, const void*, size_t, uint64_t, size_t*);
HOST(fd_readdir) int32_t fdReaddir(uint32_t, void*, size_t, uint64_t, size_t*);
HOST(fd_seek) int32_t fdSeek(uint32_t, int64_t, uint32_t, uint64_t*);
HOST(fd_tell) int32_t fdTell(uint32_t, uint64_t*);
HOST(fd_write) int32_t fdWrite(uint32_t, const void*, size_t, size_t*);
HOST(path_filestat_get) int32_t pathFilestatGet(uint32_t, uint32_t, const char*, size_t, void*);
HOST(path_open)
int32_t pathOpen(uint32_t, uint32_t, const char*, size_t, uint32_t, uint64_t, uint64_t, uint32_t,
                 uint32_t*);
HOST(path_unlink_file) int32_t pathUnlinkFile(uint32_t, const char*, size_t);
HOST(poll_oneoff) int32_t pollOneoff(const void*, void*, size_t, size_t*);
HOST(proc_raise) int32_t procRaise(uint32_t);
HOST(random_get) int32_t randomGet(void*, size_t);
HOST(sched_yield) int32_t schedYield(void);
HOST(sock_shutdown) int32_t sockShutdown(uint32_t, uint32_t);

enum { kBadf = 8, kInval = 28, kNotsock = 57, kCreate = 1, kRoot = 3 };
enum { kCur = 0, kEnd = 1, kSet = 2 };
static const uint64_t kRights = 0x8000000 | 0x602066;  // Read, write, seek, tell, poll, and so on.

struct Filestat {
  uint64_t dev, ino;
  uint8_t filetype;
  uint32_t nlink;
  uint64_t size, atim, mtim, ctim;
};
_Static_assert(sizeof(struct Filestat) == 56, "");

struct Subscription {
  uint64_t userdata;
  uint8_t tag;
  union {
    struct {
      uint64_t identifier;
      uint32_t clock;
      uint64_t timeout, precision;
      uint16_t flags;
    } time;
    uint32_t fd;
  } of;
};
_Static_assert(sizeof(struct Subscription) == 56, "");

struct Event {
  uint64_t userdata;
  uint16_t error;
  uint8_t type;
  uint64_t nbytes;
  uint16_t flags;
};
_Static_assert(sizeof(struct Event) == 32, "");

struct Bytes {
  const void* at;
  size_t length;
};

static uint32_t openNew(const char* path, const char* text) {
  uint32_t fd = 0;
  size_t count = 0;
  CHECK(pathOpen(kRoot, 0, path, strlen(path), kCreate, kRights, 0, 0, &fd) == 0);
  const struct Bytes bytes = {text, strlen(text)};
  CHECK(fdWrite(fd, &bytes, 1, &count) == 0 && count == strlen(text));
  return fd;
}

TEST(old_whence_counts_from_the_position_first) {
  const char* path = "old_whence_counts_from_the_position_first/f";
  const uint32_t fd = openNew(path, "0123456789");
  uint64_t at = 0;
  CHECK(fdSeek(fd, 2, kSet, &at) == 0 && at == 2);
  CHECK(fdSeek(fd, 3, kCur, &at) == 0 && at == 5);
  CHECK(fdSeek(fd, -1, kEnd, &at) == 0 && at == 9);
  CHECK(fdTell(fd, &at) == 0 && at == 9);
  CHECK(fdSeek(fd, 0, 3, &at) == kInval);
}

TEST(old_filestat_has_a_short_link_count) {
  const char* path = "old_filestat_has_a_short_link_count/f";
  const uint32_t fd = openNew(path, "12345");
  struct {
    struct Filestat stat;
    uint64_t behind;
  } told = {.behind = 0x1122334455667788};
  CHECK(fdFilestatGet(fd, &told.stat) == 0);
  CHECK(told.stat.filetype == 4 && told.stat.nlink == 1 && told.stat.size == 5);
  CHECK(told.stat.mtim > 1000000000 && told.behind == 0x1122334455667788);
  struct Filestat by_path;
  CHECK(pathFilestatGet(kRoot, 0, path, strlen(path), &by_path) == 0);
  CHECK(by_path.ino == told.stat.ino && by_path.size == 5);
  CHECK(fdFilestatGet(1000, &by_path) == kBadf);
}

TEST(old_subscriptions_have_an_identifier) {
  struct Subscription what[2];
  memset(what, 0, sizeof what);
  what[0].userdata = 7;
  what[0].of.time.identifier = 0xffffffffffffffff;
  what[0].of.time.clock = 1;
  what[0].of.time.timeout = 10000000;
  what[1].userdata = 8;
  what[1].of.time.clock = 1;
  what[1].of.time.timeout = 3600000000000;
  struct Event events[2];
  size_t count = 0;
  uint64_t before = 0, after = 0;
  CHECK(clockTimeGet(1, 1, &before) == 0);
  CHECK(pollOneoff(what, events, 2, &count) == 0 && count == 1);
  CHECK(clockTimeGet(1, 1, &after) == 0 && after - before >= 10000000);
  CHECK(events[0].userdata == 7 && events[0].error == 0 && events[0].type == 0);

  what[0].tag = 2;
  what[0].of.fd = 1;
  CHECK(pollOneoff(what, events, 2, &count) == 0 && count == 1);
  CHECK(events[0].userdata == 7 && events[0].type == 2);
  CHECK(pollOneoff(what, events, 0, &count) == kInval);
}

TEST(the_rest_has_its_old_name) {
  const char* path = "the_rest_has_its_old_name/f";
  const uint32_t fd = openNew(path, "text");
  size_t count = 0, size = 0;
  CHECK(argsSizesGet(&count, &size) == 0 && count == (size_t)argument_count);
  char bytes[9] = {0};
  const struct Bytes to = {bytes, 8};
  CHECK(fdPread(fd, &to, 1, 1, &count) == 0 && count == 3 && !strcmp(bytes, "ext"));
  char listing[200];
  CHECK(fdReaddir(kRoot, listing, sizeof listing, 0, &count) == 0 && count > 24);
  CHECK(pathUnlinkFile(kRoot, path, strlen(path)) == 0);
  CHECK(fdClose(fd) == 0 && fdClose(fd) == kBadf);
  CHECK(randomGet(bytes, 8) == 0 && schedYield() == 0 && procRaise(0) == 0);
  CHECK(sockShutdown(1, 1) == kNotsock);
}
