// Reads the whole body through a small buffer and prints "bytes=N sum=S", S the sum of all bytes.
#include "guest.h"

int main(void) {
  unsigned char buffer[4096];
  uint64_t bytes = 0, sum = 0;
  for (ssize_t count; (count = read(0, buffer, sizeof buffer)) > 0; bytes += (uint64_t)count) {
    for (ssize_t i = 0; i < count; i++) sum += buffer[i];
  }
  printf("Content-Type: text/plain\n\nbytes=%llu sum=%llu\n", (unsigned long long)bytes,
         (unsigned long long)sum);
  return 0;
}
