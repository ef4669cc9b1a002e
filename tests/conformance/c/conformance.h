// The frame of these programs of tests: a test is TEST(name) { CHECK(...); }, and main() runs the
// one that the first argument names, in a folder of its own.
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct Test {
  const char* name;
  void (*run)(void);
  struct Test* next;
};
static struct Test* tests;

#define TEST(NAME)                                            \
  static void NAME(void);                                     \
  static struct Test test_##NAME = {#NAME, NAME, NULL};       \
  __attribute__((constructor)) static void add_##NAME(void) { \
    test_##NAME.next = tests;                                 \
    tests = &test_##NAME;                                     \
  }                                                           \
  static void NAME(void)

#define CHECK(CONDITION)                                                                   \
  do {                                                                                     \
    if (!(CONDITION)) {                                                                    \
      fprintf(stderr, "%s:%d: %s (errno %d: %s)\n", __FILE__, __LINE__, #CONDITION, errno, \
              strerror(errno));                                                            \
      exit(1);                                                                             \
    }                                                                                      \
  } while (0)

// Whether a call failed with this errno.
#define FAILS(CALL, ERRNO) (errno = 0, (long)(CALL) == -1 && errno == (ERRNO))

static int argument_count;
static char** arguments;

int main(int argc, char** argv) {
  argument_count = argc;
  arguments = argv;
  const char* name = argc > 1 ? argv[1] : "";
  for (struct Test* test = tests; test; test = test->next) {
    if (strcmp(test->name, name)) continue;
    char folder[100];
    snprintf(folder, sizeof folder, "/%s", name);
    CHECK(mkdir(folder, 0777) == 0);
    CHECK(chdir(folder) == 0);
    test->run();
    if (getenv("GATEWAY_INTERFACE")) printf("Content-Type: text/plain\n\nok\n");
    return 0;
  }
  fprintf(stderr, "there is no test '%s'\n", name);
  return 2;
}
