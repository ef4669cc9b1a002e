// The hello that is measured: a CGI program with a body of 14 bytes, compiled for WASI and
// natively.
#include <stdio.h>

int main(void) {
  puts("Content-Type: text/plain\n\nHello, world!");
  return 0;
}
