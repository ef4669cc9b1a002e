// The smallest answer; never reads its stdin.
#include <stdio.h>

int main(void) {
  puts("Content-Type: text/plain\n\nHello, world!");
  return 0;
}
