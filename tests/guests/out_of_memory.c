// Allocates and touches memory for ever, and aborts when there is no more.
#include "guest.h"

int main(void) {
  for (;;) {
    char* block = malloc(1 << 20);
    if (!block) abort();
    memset(block, 1, 1 << 20);
  }
}
