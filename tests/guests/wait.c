// Says "waiting" and then waits `how` the query says, perhaps for `ms` milliseconds (default: for
// hours); says what ended it.
#include <wasi/api.h>

#include "guest.h"

static __wasi_timestamp_t now(__wasi_clockid_t clock) {
  __wasi_timestamp_t time = 0;
  if (__wasi_clock_time_get(clock, 1, &time)) abort();
  return time;
}

static __wasi_subscription_t onTime(__wasi_clockid_t clock, uint64_t ns, uint16_t flags) {
  __wasi_subscription_t what = {.userdata = 1};
  what.u.tag = __WASI_EVENTTYPE_CLOCK;
  what.u.u.clock.id = clock;
  what.u.u.clock.timeout = ns;
  what.u.u.clock.flags = flags;
  return what;
}

static __wasi_subscription_t onInput(void) {
  __wasi_subscription_t what = {.userdata = 2};
  what.u.tag = __WASI_EVENTTYPE_FD_READ;
  what.u.u.fd_read.file_descriptor = 0;
  return what;
}

// Waits; returns the userdata of the first event, which ended the wait.
static uint64_t waitFor(const __wasi_subscription_t* what, size_t count) {
  __wasi_event_t events[2];
  __wasi_size_t got = 0;
  if (__wasi_poll_oneoff(what, events, count, &got) || got == 0) abort();
  return events[0].userdata;
}

int main(void) {
  const char* how = query("how", "");
  const uint64_t ns = queryNumber("ms", 10000000) * 1000000;
  sayTextHeader();
  say("waiting\n");
  uint64_t woken_by = 0;
  if (!strcmp(how, "read")) {
    char byte;
    woken_by = read(0, &byte, 1) == 1 ? 2 : 0;
  } else if (!strcmp(how, "relative")) {
    const __wasi_subscription_t what[] = {onTime(__WASI_CLOCKID_MONOTONIC, ns, 0), onInput()};
    woken_by = waitFor(what, 2);
  } else if (!strcmp(how, "absolute")) {
    const __wasi_subscription_t what[] = {
        onInput(), onTime(__WASI_CLOCKID_REALTIME, now(__WASI_CLOCKID_REALTIME) + ns,
                          __WASI_SUBCLOCKFLAGS_SUBSCRIPTION_CLOCK_ABSTIME)};
    woken_by = waitFor(what, 2);
  } else if (!strcmp(how, "input")) {
    const __wasi_subscription_t what = onInput();
    woken_by = waitFor(&what, 1);
  } else if (!strcmp(how, "time")) {
    const __wasi_subscription_t what = onTime(__WASI_CLOCKID_MONOTONIC, ns, 0);
    woken_by = waitFor(&what, 1);
  } else if (!strcmp(how, "zero")) {
    const __wasi_subscription_t what = onTime(__WASI_CLOCKID_MONOTONIC, 0, 0);
    const __wasi_timestamp_t until = now(__WASI_CLOCKID_MONOTONIC) + ns;
    while (now(__WASI_CLOCKID_MONOTONIC) < until) woken_by = waitFor(&what, 1);
  } else if (!strcmp(how, "yield")) {
    const __wasi_timestamp_t until = now(__WASI_CLOCKID_MONOTONIC) + ns;
    while (now(__WASI_CLOCKID_MONOTONIC) < until) woken_by = __wasi_sched_yield() ? 0 : 1;
  } else if (!strcmp(how, "write")) {
    static char block[65536];
    memset(block, 'x', sizeof block);
    while (writeAll(1, block, sizeof block)) {
    }
  }
  say(woken_by == 1 ? "time\n" : woken_by == 2 ? "input\n" : "nothing\n");
  return 0;
}
