// Fills 32 MiB of memory with a marker (`op=fill`), or searches all memory for it (`op=search`,
// answers "found=N"). An instance that sees another's memory finds some.
#include "guest.h"

enum { kBytes = 32 << 20, kMarkerBytes = 16 };

// Made at run time, so that the module's own data doesn't hold it.
static void makeMarker(volatile unsigned char* marker) {
  for (int i = 0; i < kMarkerBytes; i++) marker[i] = (unsigned char)(0xa5 ^ (i * 37 + 11));
}

static int search(unsigned char first) {
  int found = 0;
  const unsigned char* memory = (const unsigned char*)1024;
  const size_t end = __builtin_wasm_memory_size(0) * 65536 - 1024;
  for (size_t at = 0; at + kMarkerBytes < end; at++) {
    int same = memory[at] == first;
    for (int i = 1; same && i < kMarkerBytes; i++) {
      same = memory[at + i] == (unsigned char)(0xa5 ^ (i * 37 + 11));
    }
    found += same;
  }
  return found;
}

int main(void) {
  const char* op = query("op", "search");
  unsigned char* memory = malloc(kBytes);
  if (!memory) return 1;
  if (!strcmp(op, "fill")) {
    for (size_t at = 0; at + kMarkerBytes <= kBytes; at += kMarkerBytes) makeMarker(memory + at);
  }
  const int found = search(0xa5 ^ 11);
  printf("Content-Type: text/plain\n\nfound=%d\n", found);
  return 0;
}
