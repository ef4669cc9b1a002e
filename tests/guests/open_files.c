// Opens `path` until that is denied, answers "opened=N: ERRNO-TEXT", and with `hold=1` keeps them
// open for ever.
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "guest.h"

int main(void) {
  const char* path = query("path", "/data/file");
  int count = 0;
  while (open(path, O_RDONLY) >= 0) count++;
  printf("Content-Type: text/plain\n\nopened=%d: %s\n", count, strerror(errno));
  fflush(stdout);
  while (queryNumber("hold", 0)) {
    const struct timespec pause = {1000000, 0};
    nanosleep(&pause, NULL);
  }
  return 0;
}
