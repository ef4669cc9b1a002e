// Prints what the gateway gave it: "env NAME=VALUE" sorted by name, then "arg N VALUE" in order.
#include "guest.h"

extern char** environ;

static int compare(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

int main(int argc, char** argv) {
  puts("Content-Type: text/plain\n");
  size_t count = 0;
  while (environ[count]) count++;
  qsort(environ, count, sizeof *environ, compare);
  for (size_t i = 0; i < count; i++) printf("env %s\n", environ[i]);
  for (int i = 0; i < argc; i++) printf("arg %d %s\n", i, argv[i]);
  return 0;
}
