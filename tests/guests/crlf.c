// Prints CRLF in the header block, as Go's net/http/cgi does; the body's own bytes must stay.
#include "guest.h"

int main(void) {
  say("Status: 201 Created\r\nContent-Type: text/plain\r\nX-Line: crlf\r\n\r\nbody\r\n");
  return 0;
}
