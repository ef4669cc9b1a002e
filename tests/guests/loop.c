// Never ends; with `after=1` it has answered before.
#include "guest.h"

int main(void) {
  if (queryNumber("after", 0)) {
    sayTextHeader();
    say("and now for ever\n");
  }
  for (volatile uint64_t turns = 0;; turns++) {
  }
}
