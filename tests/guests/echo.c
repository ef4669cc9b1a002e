// Sends the body back with its content type, each piece as soon as it has been read.
#include "guest.h"

int main(void) {
  const char* type = variable("CONTENT_TYPE");
  printf("Content-Type: %s\n\n", *type ? type : "application/octet-stream");
  fflush(stdout);
  static char buffer[65536];
  for (ssize_t count; (count = read(0, buffer, sizeof buffer)) > 0;) {
    if (!writeAll(1, buffer, (size_t)count)) return 1;
  }
  return 0;
}
