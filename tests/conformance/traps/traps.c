// Fails as its first argument says, in a function of that name.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int procRaise(
    int);

static volatile int zero;
static int (*volatile pointer)(int);

static int aborts(void) { abort(); }
static int divides(void) { return 7 / zero; }
static int overflows(void) { return (-2147483647 - 1) / (zero - 1); }
static int reads_beyond(void) { return *(volatile int*)0xfffffff0; }
static int calls_null(void) { return pointer(1); }
static int calls_wrongly(void) {
  pointer = (int (*)(int))puts + zero;
  return ((long long (*)(double, double))pointer)(1, 2) != 0;
}
static int recursesTo(int depth) {
  volatile char room[1000];
  room[zero] = (char)depth;
  return depth == zero - 1 ? 0 : recursesTo(depth + 1) + room[zero];
}
static int recurses(void) { return recursesTo(0); }
static int terminates(void) { return procRaise(15); }

#define CASE(NAME) {#NAME, NAME}
static const struct {
  const char* name;
  int (*run)(void);
} cases[] = {CASE(aborts),     CASE(divides),       CASE(overflows), CASE(reads_beyond),
             CASE(calls_null), CASE(calls_wrongly), CASE(recurses),  CASE(terminates)};

int main(int argc, char** argv) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (argc > 1 && !strcmp(cases[i].name, argv[1])) return cases[i].run();
  }
  return 2;
}
