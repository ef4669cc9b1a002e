// Sleeps `ms` milliseconds (default 1000) before it answers.
#include <time.h>

#include "guest.h"

int main(void) {
  const uint64_t ms = queryNumber("ms", 1000);
  const struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  nanosleep(&pause, NULL);
  sayTextHeader();
  say("awake\n");
  return 0;
}
