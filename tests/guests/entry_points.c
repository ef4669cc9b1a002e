// Several entry points: _start, `other`, and one that can't be called for its signature.
#include "guest.h"

__attribute__((export_name("other"))) void other(void) {
  sayTextHeader();
  say("other\n");
}

__attribute__((export_name("wants_a_number"))) int wantsANumber(int number) { return number + 1; }

int main(void) {
  sayTextHeader();
  say("start\n");
  return 0;
}
