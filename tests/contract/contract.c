#include <stdio.h>
#include <stdlib.h>

int main(int argc, char** argv) {
  printf("Content-Type: text/plain\n\nvariable=%s\nargv=", getenv("CONTRACT"));
  for (int i = 1; i < argc - 1; i++) printf("%s%s", i > 1 ? "," : "", argv[i]);
  printf("\nbody=");
  for (int c; (c = getchar()) != EOF;) putchar(c);
  fputs("told stderr\n", stderr);
  return atoi(argv[argc - 1]);
}
