// Hello in C: a header, an empty line, and a body.
#include <stdio.h>

int main(void) {
  puts("Content-Type: text/plain; charset=utf-8\n");
  puts("Hello, world, from C!");
  return 0;
}
