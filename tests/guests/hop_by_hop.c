// Prints headers that concern one connection only, and that would break its framing if they were
// passed on.
#include "guest.h"

int main(void) {
  say("Content-Type: text/plain\nConnection: X-Private, close\nX-Private: 1\nKeep-Alive: "
      "timeout=99\n"
      "Transfer-Encoding: chunked\nTE: trailers\nTrailer: X-T\nUpgrade: websocket\n"
      "Proxy-Connection: close\nX-Kept: yes\n\n5\r\nhello\r\n0\r\n\r\n");
  return 0;
}
