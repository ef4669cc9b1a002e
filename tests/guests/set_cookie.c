// Prints two Set-Cookie lines, which must both arrive, in order.
#include "guest.h"

int main(void) {
  say("Set-Cookie: first=1; Path=/\nContent-Type: text/plain\nset-cookie: second=2\n\ncookies\n");
  return 0;
}
