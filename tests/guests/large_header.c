// Prints a header block of `bytes` bytes (default 1 MiB) in one value, then a body.
#include "guest.h"

int main(void) {
  static char line[4096];
  memset(line, 'h', sizeof line);
  say("Content-Type: text/plain\nX-Large: ");
  for (uint64_t left = queryNumber("bytes", 1 << 20); left > 0;) {
    const size_t count = left < sizeof line ? (size_t)left : sizeof line;
    if (!writeAll(1, line, count)) return 1;
    left -= count;
  }
  say("\n\nbody\n");
  return 0;
}
