// Fills stdout without ever waiting, then waits until there is room and ends it with "!".
#include <errno.h>
#include <wasi/api.h>

#include "guest.h"

int main(void) {
  static char block[65536];
  memset(block, 'x', sizeof block);
  if (__wasi_fd_fdstat_set_flags(1, __WASI_FDFLAGS_NONBLOCK)) return 2;
  while (write(1, block, sizeof block) > 0) {
  }
  if (errno != EAGAIN) return 3;
  __wasi_subscription_t room = {.userdata = 7};
  room.u.tag = __WASI_EVENTTYPE_FD_WRITE;
  room.u.u.fd_write.file_descriptor = 1;
  __wasi_event_t event;
  __wasi_size_t count = 0;
  if (__wasi_poll_oneoff(&room, &event, 1, &count) || count != 1 || event.userdata != 7) return 4;
  return write(1, "!", 1) == 1 ? 0 : 5;
}
