// Prints a text and no header at all, not even a blank line.
#include "guest.h"

int main(void) {
  say("just a text");
  return 0;
}
