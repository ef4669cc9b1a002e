// Has routes of its own: _routes prints them, and each names one of the functions exported below.
#include "guest.h"

__attribute__((export_name("_routes"))) void routes(void) {
  say("/one one\n\n/two/... two\n/same one\n/same two\n");
}

__attribute__((export_name("one"))) void one(void) {
  sayTextHeader();
  say("one\n");
}

__attribute__((export_name("two"))) void two(void) {
  sayTextHeader();
  say("two ");
  say(variable("X_MATCHED_ROUTE"));
  say("\n");
}

int main(void) {
  sayTextHeader();
  say("start\n");
  return 0;
}
