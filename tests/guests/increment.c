// Adds one to the number in /data/count, and `ms` milliseconds (default 0) pass between the reading
// and the writing; answers with the new number. With ?pad=N, N bytes follow it.
#include <errno.h>
#include <time.h>

#include "guest.h"

int main(void) {
  long count = 0;
  FILE* file = fopen("/data/count", "r");
  if (file) {
    if (fscanf(file, "%ld", &count) != 1) count = 0;
    fclose(file);
  }
  const uint64_t ms = queryNumber("ms", 0);
  const struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
  if (ms > 0) nanosleep(&pause, NULL);
  file = fopen("/data/count", "w");
  if (!file) return errno;
  fprintf(file, "%ld\n", count + 1);
  if (fclose(file)) return errno;
  sayTextHeader();
  printf("%ld\n", count + 1);
  for (uint64_t i = queryNumber("pad", 0); i > 0; i--) putchar('x');
  return 0;
}
