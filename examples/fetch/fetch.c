// Calls the URL that modules.toml gives it, here another route of the same server, and prints what
// came.
#include <stdio.h>
#include <stdlib.h>

#include "../../sdk/c/wagi_http.h"

int main(void) {
  const char* url = getenv("URL");
  struct wagi_http_response response;
  int error = wagi_http_request("GET", url ? url : "", "Accept: text/plain\n", NULL, 0, &response);
  if (error) {
    printf("Status: 502 Bad Gateway\nContent-Type: text/plain\n\n%s: %s.\n", url,
           wagi_http_error_text(error));
    return 0;
  }
  char type[100];
  size_t count;
  if (wagi_http_header(&response, "content-type", type, sizeof type, &count)) strcpy(type, "none");
  printf("Content-Type: text/plain; charset=utf-8\n\n");
  printf("%s answered %d, %s:\n\n", url, response.status, type);

  static char buffer[16384];
  while (!(error = wagi_http_read(&response, buffer, sizeof buffer, &count)) && count > 0) {
    fwrite(buffer, 1, count, stdout);
    fflush(stdout);  // Whoever reads us sees each piece as it comes.
  }
  if (error) printf("\n(%s)\n", wagi_http_error_text(error));
  wagi_http_close(&response);
  return 0;
}
