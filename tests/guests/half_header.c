// Stops inside its header block.
#include "guest.h"

int main(void) {
  say("Content-Type: text/plain\nX-Half: of a hea");
  return 0;
}
