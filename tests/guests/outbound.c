// Makes outbound requests, step by step as its query says, and prints the outcome of each:
//   method=M   headers=TEXT   fill=N (the body: N bytes)   stdin=1 (the body: all of stdin)
//   get=URL    a request of that kind; prints "get ERROR STATUS"
//   again=N    repeats the last get N times and keeps each answer open
//   head=NAME  prints "head ERROR VALUE"      heads=1  prints all of them
//   read=N     reads the body in pieces of N; prints "read ERROR BYTES" and then the bytes
//   pass=N     copies the body as it comes, each piece at once
//   close=1    gives the answer up; prints "close ERROR"
#include "../../sdk/c/wagi_http.h"
#include "guest.h"

static struct wagi_http_response response;
static const char* method = "GET";
static const char* headers = "";
static const char* url = "";
static char* body;
static size_t body_length;

static void get(void) {
  const int error = wagi_http_request(method, url, headers, body, body_length, &response);
  printf("get %d %d\n", error, response.status);
  fflush(stdout);
}

static void head(const char* name) {
  char value[4096];
  size_t length;
  const int error = wagi_http_header(&response, name, value, sizeof value, &length);
  printf("head %d %s\n", error, error ? "" : value);
}

static void heads(void) {
  static char lines[70000];
  size_t length;
  const int error = wagi_http_headers(&response, lines, sizeof lines, &length);
  printf("heads %d\n%s", error, error ? "" : lines);
}

static void readBody(size_t piece) {
  char* all = malloc(8 << 20);
  size_t count = 0, length = 0;
  int error;
  while (!(error = wagi_http_read(&response, all + length, piece, &count)) && count > 0) {
    length += count;
  }
  printf("read %d %zu\n", error, length);
  fwrite(all, 1, length, stdout);
  puts("");
}

static void pass(size_t piece) {
  char* bytes = malloc(piece);
  size_t count = 0;
  fflush(stdout);
  while (!wagi_http_read(&response, bytes, piece, &count) && count > 0) writeAll(1, bytes, count);
}

static void fill(size_t length) {
  body = malloc(length + 1);
  body_length = length;
  for (size_t i = 0; i < length; i++) body[i] = (char)('a' + i % 26);
}

static void takeStdin(void) {
  body = malloc(8 << 20);
  ssize_t count;
  while ((count = read(0, body + body_length, 65536)) > 0) body_length += (size_t)count;
}

static void step(const char* key, const char* value) {
  const size_t number = strtoul(value, NULL, 10);
  if (!strcmp(key, "method")) method = value;
  if (!strcmp(key, "headers")) headers = value;
  if (!strcmp(key, "fill")) fill(number);
  if (!strcmp(key, "stdin")) takeStdin();
  if (!strcmp(key, "get")) url = value, get();
  if (!strcmp(key, "again"))
    for (size_t i = 0; i < number; i++) get();
  if (!strcmp(key, "head")) head(value);
  if (!strcmp(key, "heads")) heads();
  if (!strcmp(key, "read")) readBody(number);
  if (!strcmp(key, "pass")) pass(number);
  if (!strcmp(key, "close")) printf("close %d\n", (int)wagi_http_import_close(response.handle));
}

int main(void) {
  puts("Content-Type: text/plain\n");
  for (const char* at = variable("QUERY_STRING"); *at;) {
    const size_t length = strcspn(at, "&"), key_length = strcspn(at, "=&");
    char* key = malloc(length + 1);
    char* value = malloc(length + 1);
    decode(at, key_length, key);
    decode(at + key_length + (key_length < length), length - key_length - (key_length < length),
           value);
    step(key, value);
    at += length;
    if (*at == '&') at++;
  }
  return 0;
}
