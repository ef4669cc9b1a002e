// Prints 100 MiB in writes of 64 KiB.
#include <unistd.h>

enum { kWriteBytes = 64 << 10, kWrites = 1600 };

int main(void) {
  static char buffer[kWriteBytes];
  const char head[] = "Content-Type: application/octet-stream\nContent-Length: 104857600\n\n";
  for (int i = 0; i < kWriteBytes; ++i) buffer[i] = 'x';
  if (write(1, head, sizeof head - 1) < 0) return 1;
  for (int i = 0; i < kWrites; ++i) {
    for (int at = 0; at < kWriteBytes;) {
      const ssize_t written = write(1, buffer + at, (size_t)(kWriteBytes - at));
      if (written < 0) return 1;
      at += (int)written;
    }
  }
  return 0;
}
