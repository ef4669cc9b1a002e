// Grows its memory until that is denied, and then answers with the MiB it had: a denied growth is
// no error of its own.
#include "guest.h"

int main(void) {
  while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1) {
  }
  printf("Content-Type: text/plain\n\nmib=%zu\n", __builtin_wasm_memory_size(0) / 16);
  return 0;
}
