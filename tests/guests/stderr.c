// Writes `text` or `lines` lines (default 2) to stderr, then answers and exits with `code` (default
// 1).
#include "guest.h"

int main(void) {
  fputs(query("text", ""), stderr);
  const uint64_t lines = queryNumber("lines", 2);
  for (uint64_t i = 1; i <= lines; i++) fprintf(stderr, "complaint %llu\n", (unsigned long long)i);
  sayTextHeader();
  say("see the log\n");
  return (int)queryNumber("code", 1);
}
