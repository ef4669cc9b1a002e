// Sends the browser elsewhere: to the path in the query (/redirect?/clock), or to the index.
//
// A Location header is enough; the server makes the status 302 of it. Only a path of this server is
// accepted, so that the page can't be used to send people to somebody else's.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int isLocalPath(const char* path) {
  if (path[0] != '/' || path[1] == '/' || path[1] == '\\') return 0;
  for (; *path; path++) {
    if (*path <= ' ' || *path >= 127) return 0;
  }
  return 1;
}

int main(void) {
  const char* query = getenv("QUERY_STRING");
  const char* target = query && *query ? query : "/";
  if (!isLocalPath(target)) {
    puts("Status: 400 Bad Request\nContent-Type: text/plain\n");
    puts("After the question mark comes a path of this server: /redirect?/clock");
    return 0;
  }
  printf("Location: %s\n\n", target);
  return 0;
}
