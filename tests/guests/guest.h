// What the guests of these tests share: the query's values, decoded, and writing without a buffer.
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Percent-decodes `length` bytes of `text` to `out`, ended by a NUL that isn't counted.
static inline size_t decode(const char* text, size_t length, char* out) {
  size_t count = 0;
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '%' && i + 2 < length && hexDigit(text[i + 1]) >= 0 && hexDigit(text[i + 2]) >= 0) {
      out[count++] = (char)(hexDigit(text[i + 1]) * 16 + hexDigit(text[i + 2]));
      i += 2;
    } else {
      out[count++] = text[i] == '+' ? ' ' : text[i];
    }
  }
  out[count] = 0;
  return count;
}

static inline const char* variable(const char* name) {
  const char* value = getenv(name);
  return value ? value : "";
}

// The decoded value of `key` in the query, or `otherwise`. Never freed: a guest lives for one request.
static inline const char* query(const char* key, const char* otherwise) {
  const size_t key_length = strlen(key);
  for (const char* at = variable("QUERY_STRING"); *at;) {
    const size_t length = strcspn(at, "&");
    if (length > key_length && !strncmp(at, key, key_length) && at[key_length] == '=') {
      char* value = malloc(length);
      decode(at + key_length + 1, length - key_length - 1, value);
      return value;
    }
    at += length;
    if (*at == '&') at++;
  }
  return otherwise;
}

static inline uint64_t queryNumber(const char* key, uint64_t otherwise) {
  const char* value = query(key, NULL);
  return value ? strtoull(value, NULL, 10) : otherwise;
}

// Writes all of it, in as few calls as the host allows; 0 when the host refuses.
static inline int writeAll(int fd, const void* bytes, size_t length) {
  const char* at = bytes;
  while (length > 0) {
    const ssize_t count = write(fd, at, length);
    if (count < 0) return 0;
    at += count;
    length -= (size_t)count;
  }
  return 1;
}

static inline int say(const char* text) { return writeAll(1, text, strlen(text)); }

static inline void sayTextHeader(void) { say("Content-Type: text/plain\n\n"); }
