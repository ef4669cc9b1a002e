// Reads `bytes` bytes of the body (default 1), answers with how many it got, and leaves the rest.
#include "guest.h"

int main(void) {
  char buffer[4096];
  uint64_t left = queryNumber("bytes", 1), got = 0;
  while (left > 0) {
    const ssize_t count = read(0, buffer, left < sizeof buffer ? left : sizeof buffer);
    if (count <= 0) break;
    got += (uint64_t)count;
    left -= (uint64_t)count;
  }
  printf("Content-Type: text/plain\n\nbytes=%llu\n", (unsigned long long)got);
  return 0;
}
