// Exits with status `code` (default 3), after a whole answer if `after=1`.
#include "guest.h"

int main(void) {
  if (queryNumber("after", 0)) {
    sayTextHeader();
    say("before the exit\n");
  }
  _Exit((int)queryNumber("code", 3));
}
