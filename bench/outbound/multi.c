// Measures what a request costs natively with libcurl's multi handle. Requests go one after another
// on a kept connection, each with an easy handle of its own, as a server would make one for each
// guest's request.
//
//   cc -O2 -o multi multi.c -lcurl && ./multi URL COUNT     prints the CPU time of each, in us
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static size_t drop(char* bytes, size_t size, size_t count, void* user) {
  (void)bytes, (void)user;
  return size * count;
}

static double cpuMicroseconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static int request(CURLM* multi, const char* url) {
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
  curl_multi_add_handle(multi, easy);
  int running = 1;
  while (running) {
    curl_multi_perform(multi, &running);
    if (running) curl_multi_poll(multi, NULL, 0, 1000, NULL);
  }
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_multi_remove_handle(multi, easy);
  curl_easy_cleanup(easy);
  return status == 200;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const long count = atol(argv[2]);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* multi = curl_multi_init();
  for (int i = 0; i < 1000; i++) request(multi, argv[1]);
  const double before = cpuMicroseconds();
  for (long i = 0; i < count; i++) {
    if (!request(multi, argv[1])) return 1;
  }
  printf("%.1f\n", (cpuMicroseconds() - before) / (double)count);
  curl_multi_cleanup(multi);
  return 0;
}
