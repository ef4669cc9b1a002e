// Grows its memory until that is denied, and then answers with the MiB that it has: a denied growth
// alone isn't an error.
#include "guest.h"

int main(void) {
  while (__builtin_wasm_memory_grow(0, 16) != (size_t)-1) {
  }
  printf("Content-Type: text/plain\n\nmib=%zu\n", __builtin_wasm_memory_size(0) / 16);
  return 0;
}
