// Prints `lines` lines (default 3), "line 1" and so on, and sleeps `ms` milliseconds (default 100)
// after each.
#include <time.h>

#include "guest.h"

int main(void) {
  const uint64_t lines = queryNumber("lines", 3), ms = queryNumber("ms", 100);
  sayTextHeader();
  for (uint64_t i = 1; i <= lines; i++) {
    char line[32];
    snprintf(line, sizeof line, "line %llu\n", (unsigned long long)i);
    if (!say(line)) return 1;
    const struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
  }
  return 0;
}
