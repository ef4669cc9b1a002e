// Says of stdin, stdout and stderr whether each is a terminal, then reads a line and says it again.
#include "guest.h"

int main(void) {
  char line[100];
  printf("terminals: %d %d %d\n", isatty(0), isatty(1), isatty(2));
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) printf("line: %s", line);
  puts("end");
  return 0;
}
