// Answers, closes its stdout, and goes on for `ms` milliseconds (default 0). A write that works
// after that is an error: exit status 9.
#include <time.h>

#include "guest.h"

int main(void) {
  sayTextHeader();
  say("closed early\n");
  close(1);
  const uint64_t ms = queryNumber("ms", 0);
  const struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  if (ms) nanosleep(&pause, NULL);
  return say("too late\n") ? 9 : 0;
}
