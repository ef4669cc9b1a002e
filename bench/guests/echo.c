// Sends the body back, each piece as soon as it has been read.
#include <stdio.h>
#include <unistd.h>

int main(void) {
  static char buffer[65536];
  const char head[] = "Content-Type: application/octet-stream\n\n";
  if (write(1, head, sizeof head - 1) < 0) return 1;
  for (ssize_t count; (count = read(0, buffer, sizeof buffer)) > 0;) {
    for (const char* at = buffer; count > 0;) {
      const ssize_t written = write(1, at, (size_t)count);
      if (written < 0) return 1;
      at += written;
      count -= written;
    }
  }
  return 0;
}
