// A reactor: no _start, but an _initialize that runs the constructor below. Its entry points say
// how often that was. The variable FAIL has it trap, exit, or loop for ever.
#include "guest.h"

static int constructed;

__attribute__((constructor)) static void construct(void) {
  constructed++;
  const char* fail = variable("FAIL");
  if (!strcmp(fail, "trap")) __builtin_trap();
  if (!strcmp(fail, "exit")) exit(3);
  if (!strcmp(fail, "leave")) exit(0);
  while (!strcmp(fail, "loop")) {
    __asm__ volatile("");
  }
}

__attribute__((export_name("_routes"))) void routes(void) {
  if (constructed == 1) say("/other other\n");
}

__attribute__((export_name("hello"))) void hello(void) {
  sayTextHeader();
  printf("constructed %d\n", constructed);
  fflush(stdout);
}

__attribute__((export_name("other"))) void other(void) {
  sayTextHeader();
  say(constructed == 1 ? "other\n" : "not constructed\n");
}

__attribute__((export_name("fail"))) void fail(void) { __builtin_trap(); }
