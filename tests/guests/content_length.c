// States a Content-Length of `says` (default 5) and sends `sends` bytes (default 10).
#include "guest.h"

int main(void) {
  printf("Content-Type: text/plain\nContent-Length: %s\n\n", query("says", "5"));
  for (uint64_t i = queryNumber("sends", 10); i > 0; i--) putchar('x');
  return 0;
}
