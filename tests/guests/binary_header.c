// Prints a header whose value has every byte but LF, and one whose name has bytes that no name may
// have.
#include "guest.h"

int main(void) {
  say("Content-Type: text/plain\nX-Binary: ");
  for (int value = 0; value < 256; value++) {
    const char byte = (char)value;
    if (value != '\n') writeAll(1, &byte, 1);
  }
  say("\nX-\xff\x01 Name: value\nX-Good: yes\n\nbody\n");
  return 0;
}
