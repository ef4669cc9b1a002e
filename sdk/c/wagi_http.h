/* HTTP requests from a guest of wagi: the import module wasi_experimental_http.
 *
 *   struct wagi_http_response r;
 *   int error = wagi_http_request("GET", "https://api.example.com/", "", NULL, 0, &r);
 *   while (!error && !(error = wagi_http_read(&r, buffer, sizeof buffer, &count)) && count > 0)
 *     fwrite(buffer, 1, count, stdout);
 *   wagi_http_close(&r);
 *
 * Header only. A call that must wait suspends this guest alone. The module's `allowed_hosts` say
 * whom it may call; docs/outbound.md has the rules. */
#ifndef WAGI_HTTP_H
#define WAGI_HTTP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What every function here returns; 0 is success. */
enum wagi_http_error {
  WAGI_HTTP_OK = 0,
  WAGI_HTTP_INVALID_HANDLE = 1,
  WAGI_HTTP_NO_MEMORY = 2,
  WAGI_HTTP_MEMORY_ACCESS = 3,
  WAGI_HTTP_BUFFER_TOO_SMALL = 4,
  WAGI_HTTP_HEADER_NOT_FOUND = 5,
  WAGI_HTTP_NOT_UTF8 = 6,
  WAGI_HTTP_NOT_ALLOWED = 7,
  WAGI_HTTP_INVALID_METHOD = 8,
  WAGI_HTTP_INVALID_HEADERS = 9,
  WAGI_HTTP_INVALID_URL = 10,
  WAGI_HTTP_REQUEST_FAILED = 11,
  WAGI_HTTP_RUNTIME = 12,
  WAGI_HTTP_TOO_MANY = 13,
};

#define WAGI_HTTP_IMPORT(name) \
  __attribute__((import_module("wasi_experimental_http"), import_name(name)))

WAGI_HTTP_IMPORT("req")
extern uint32_t wagi_http_import_req(const char *url, size_t url_len, const char *method,
                                     size_t method_len, const char *headers, size_t headers_len,
                                     const void *body, size_t body_len, uint16_t *status,
                                     uint32_t *handle);
WAGI_HTTP_IMPORT("close") extern uint32_t wagi_http_import_close(uint32_t handle);
WAGI_HTTP_IMPORT("header_get")
extern uint32_t wagi_http_import_header_get(uint32_t handle, const char *name, size_t name_len,
                                            char *buffer, size_t size, size_t *written);
WAGI_HTTP_IMPORT("headers_get_all")
extern uint32_t wagi_http_import_headers_get_all(uint32_t handle, char *buffer, size_t size,
                                                 size_t *written);
WAGI_HTTP_IMPORT("body_read")
extern uint32_t wagi_http_import_body_read(uint32_t handle, void *buffer, size_t size,
                                           size_t *count);

struct wagi_http_response {
  uint32_t handle; /* 0: none. */
  uint16_t status;
};

/* Sends a request and waits for the head of its answer. `headers` are lines "name:value\n". The
 * response must be closed, unless this fails. */
static inline int wagi_http_request(const char *method, const char *url, const char *headers,
                                    const void *body, size_t body_len,
                                    struct wagi_http_response *response) {
  response->handle = 0;
  response->status = 0;
  return (int)wagi_http_import_req(url, strlen(url), method, strlen(method), headers,
                                   strlen(headers), body, body_len, &response->status,
                                   &response->handle);
}

/* Reads some of the body, as soon as some is there: *count is 0 at its end. `size` isn't 0. */
static inline int wagi_http_read(const struct wagi_http_response *response, void *buffer,
                                 size_t size, size_t *count) {
  *count = 0;
  return (int)wagi_http_import_body_read(response->handle, buffer, size, count);
}

/* The first value of a header, with a NUL behind it. *length is its length; after
 * WAGI_HTTP_BUFFER_TOO_SMALL, which the NUL may cause too, what it would have been. */
static inline int wagi_http_header(const struct wagi_http_response *response, const char *name,
                                   char *buffer, size_t size, size_t *length) {
  *length = 0;
  int error = size == 0 ? WAGI_HTTP_BUFFER_TOO_SMALL
                        : (int)wagi_http_import_header_get(response->handle, name, strlen(name),
                                                           buffer, size - 1, length);
  if (error == WAGI_HTTP_OK) buffer[*length] = '\0';
  return error;
}

/* All headers as lines "name:value\n", likewise. */
static inline int wagi_http_headers(const struct wagi_http_response *response, char *buffer,
                                    size_t size, size_t *length) {
  *length = 0;
  int error =
      size == 0 ? WAGI_HTTP_BUFFER_TOO_SMALL
                : (int)wagi_http_import_headers_get_all(response->handle, buffer, size - 1, length);
  if (error == WAGI_HTTP_OK) buffer[*length] = '\0';
  return error;
}

/* Gives the answer up, whole or not. Harmless after a request that failed. */
static inline void wagi_http_close(struct wagi_http_response *response) {
  if (response->handle != 0) wagi_http_import_close(response->handle);
  response->handle = 0;
}

static inline const char *wagi_http_error_text(int error) {
  static const char *const kTexts[] = {"no error",
                                       "no such response",
                                       "the module exports no memory",
                                       "memory out of bounds",
                                       "the buffer is too small",
                                       "there is no such header",
                                       "this isn't UTF-8",
                                       "the destination isn't in allowed_hosts",
                                       "this is no method",
                                       "these are no headers",
                                       "this is no URL",
                                       "the request failed",
                                       "the server failed",
                                       "too many responses are open"};
  return error >= 0 && error < (int)(sizeof kTexts / sizeof *kTexts) ? kTexts[error]
                                                                     : "unknown error";
}

#endif
