// Prints `bytes` bytes (default 1000) with a call of fd_write for each, digits 0 to 9 over and
// over.
#include "guest.h"

int main(void) {
  sayTextHeader();
  const uint64_t bytes = queryNumber("bytes", 1000);
  for (uint64_t i = 0; i < bytes; i++) {
    const char digit = (char)('0' + i % 10);
    if (!writeAll(1, &digit, 1)) return 1;
  }
  return 0;
}
