// Traps, before anything is printed or after an answer's first `after` bytes (of x).
#include "guest.h"

int main(void) {
  const uint64_t after = queryNumber("after", 0);
  if (after) sayTextHeader();
  for (uint64_t i = 0; i < after; i++) {
    if (!say("x")) return 1;
  }
  __builtin_trap();
}
