// Computes for `turns` million rounds (default 1), then answers: work that ends.
#include "guest.h"

int main(void) {
  uint64_t state = 88172645463325252ull;
  for (uint64_t i = queryNumber("turns", 1) * 1000000; i > 0; i--) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
  }
  printf("Content-Type: text/plain\n\n%llu\n", (unsigned long long)state);
  return 0;
}
