// Never ends: calls one host function over and over, each time with the most that it could be
// asked for. `call` says which; with `times` it stops after so many and tells how each one ended.
#include <errno.h>
#include <wasi/api.h>

#include "guest.h"

enum { kFolder = 3, kMillion = 1000000 };

static char path[4096];
static __wasi_fd_t file;
static uint8_t* memory;
static size_t memory_size;

static int openFile(void) {
  return __wasi_path_open(kFolder, 0, "abused", __WASI_OFLAGS_CREAT,
                          __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_READ |
                              __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE |
                              __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_SYNC,
                          0, 0, &file);
}

static int randomGet(void) { return __wasi_random_get(0, UINT32_MAX); }
static int randomLargest(void) { return __wasi_random_get(memory, 1 << 20); }

static int readdir(void) {
  __wasi_size_t size;
  return __wasi_fd_readdir(kFolder, memory, memory_size, 0, &size);
}
static int readdirLargest(void) {
  __wasi_size_t size;
  return __wasi_fd_readdir(kFolder, memory, 256 << 10, 0, &size);
}

static int readEmpties(void) {
  __wasi_size_t size;
  return __wasi_fd_read(file, (const __wasi_iovec_t*)memory, kMillion, &size);
}
static int writeEmpties(void) {
  __wasi_size_t size;
  return __wasi_fd_write(2, (const __wasi_ciovec_t*)memory, kMillion, &size);
}
static int writeLargest(void) {
  __wasi_size_t size;
  const __wasi_ciovec_t all = {memory, memory_size};
  return __wasi_fd_pwrite(file, &all, 1, 0, &size);
}
static int readLargest(void) {
  __wasi_size_t size;
  const __wasi_iovec_t all = {memory, memory_size};
  return __wasi_fd_pread(file, &all, 1, 0, &size);
}

static int poll(void) {
  __wasi_size_t size;
  return __wasi_poll_oneoff((const __wasi_subscription_t*)memory,
                            (__wasi_event_t*)(memory + 48 * kMillion), kMillion, &size);
}
// Polls as many subscriptions as one call takes, on the outputs, which are always ready.
static int pollLargest(void) {
  __wasi_subscription_t* const all = (__wasi_subscription_t*)memory;
  for (int i = 0; i < 1024; i++) {
    all[i].u.tag = __WASI_EVENTTYPE_FD_WRITE;
    all[i].u.u.fd_write.file_descriptor = 1;
  }
  __wasi_size_t size;
  return __wasi_poll_oneoff(all, (__wasi_event_t*)(memory + (1 << 20)), 1024, &size);
}

// Opens links: the folder has l0, a link to itself, l1, a link to l0, and so on.
static int links(void) {
  __wasi_filestat_t stat;
  memset(path, 0, sizeof path);
  for (size_t i = 0; i + 6 < sizeof path; i += 4) memcpy(path + i, "l39/", 4);
  return __wasi_path_filestat_get(kFolder, __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW, path, &stat);
}

static int allocate(void) { return __wasi_fd_allocate(file, 0, 1ull << 62); }
static int allocateLargest(void) {
  const int error = __wasi_fd_allocate(file, 0, 256 << 20);
  if (__wasi_fd_filestat_set_size(file, 0)) return -1;
  return error;
}
static int setSize(void) { return __wasi_fd_filestat_set_size(file, 1ull << 62); }
static int sync(void) { return __wasi_fd_sync(file); }

static const struct {
  const char* name;
  int (*call)(void);
} calls[] = {{"random", randomGet},
             {"random_largest", randomLargest},
             {"readdir", readdir},
             {"readdir_largest", readdirLargest},
             {"read_empties", readEmpties},
             {"write_empties", writeEmpties},
             {"read_largest", readLargest},
             {"write_largest", writeLargest},
             {"poll", poll},
             {"poll_largest", pollLargest},
             {"links", links},
             {"allocate", allocate},
             {"allocate_largest", allocateLargest},
             {"set_size", setSize},
             {"sync", sync}};

int main(void) {
  const char* const name = query("call", "");
  uint64_t left = queryNumber("times", UINT64_MAX);
  memory_size = 96u << 20;
  memory = calloc(1, memory_size);
  if (!memory) return 3;
  if (openFile()) file = 99;  // Without a volume no descriptor is good, so its calls fail.
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
    if (strcmp(calls[i].name, name)) continue;
    int error = 0;
    for (; left > 0; left--) error = calls[i].call();
    sayTextHeader();
    char text[32];
    snprintf(text, sizeof text, "errno=%d\n", error);
    say(text);
    return 0;
  }
  return 2;
}
