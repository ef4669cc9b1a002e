// Fills `mib` MiB of memory (default 32) with a marker (`op=fill`), or searches all memory for it
// (`op=search`, answers "found=N"). An instance that sees another's memory finds some.
#include "guest.h"

enum { kMarkerBytes = 16 };

// Made at run time, so that the module's own data doesn't hold it.
static void makeMarker(volatile unsigned char* marker) {
  for (int i = 0; i < kMarkerBytes; i++) marker[i] = (unsigned char)(0xa5 ^ (i * 37 + 11));
}

// malloc() aligns to 16, and so stand all markers.
static int search(void) {
  int found = 0;
  const unsigned char* memory = (const unsigned char*)1024;
  const size_t bytes = __builtin_wasm_memory_size(0) * 65536 - 1024;
  for (size_t at = 0; at + kMarkerBytes <= bytes; at += kMarkerBytes) {
    int same = 1;
    for (int i = 0; same && i < kMarkerBytes; i++) {
      same = memory[at + i] == (unsigned char)(0xa5 ^ (i * 37 + 11));
    }
    found += same;
  }
  return found;
}

int main(void) {
  const size_t bytes = queryNumber("mib", 32) << 20;
  unsigned char* memory = malloc(bytes);
  if (!memory) return 1;
  if (!strcmp(query("op", "search"), "fill")) {
    for (size_t at = 0; at + kMarkerBytes <= bytes; at += kMarkerBytes) makeMarker(memory + at);
  }
  printf("Content-Type: text/plain\n\nfound=%d\n", search());
  return 0;
}
