// Opens `path` for `how` (r, w or rw), says what it is, then reads a line of up to `bytes` bytes
// from it, or writes `data` to it. Before it reads it waits by poll.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "guest.h"

static int fail(const char* what) {
  printf("%s: %s\n", what, strerror(errno));
  return 0;
}

int main(void) {
  sayTextHeader();
  const char* how = query("how", "r");
  const char* data = query("data", "");
  const size_t bytes = queryNumber("bytes", 0);
  const int fd = open(query("path", ""), !strcmp(how, "r")   ? O_RDONLY
                                         : !strcmp(how, "w") ? O_WRONLY
                                                             : O_RDWR);
  if (fd < 0) return fail("open");
  struct stat found;
  if (fstat(fd, &found) != 0) return fail("stat");
  printf("%s, %s\n", S_ISCHR(found.st_mode) ? "character device" : "something else",
         isatty(fd) ? "a terminal" : "no terminal");
  fflush(stdout);
  if (*data && write(fd, data, strlen(data)) < 0) return fail("write");
  char* buffer = calloc(bytes + 1, 1);
  size_t count = 0;
  while (count < bytes && !memchr(buffer, '\n', count)) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    if (poll(&ready, 1, -1) != 1 || !(ready.revents & POLLIN)) return fail("poll");
    const ssize_t got = read(fd, buffer + count, bytes - count);
    if (got < 0) return fail("read");
    if (got == 0) break;
    count += (size_t)got;
  }
  int zeros = 1;
  for (size_t i = 0; i < count; i++) zeros &= buffer[i] == 0;
  printf("read %zu%s%s\n", count, count && zeros ? " zeros" : "", count && !zeros ? ": " : "");
  fflush(stdout);
  if (!zeros) writeAll(1, buffer, count);
  return 0;
}
