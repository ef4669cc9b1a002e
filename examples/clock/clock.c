// A clock of server-sent events: /clock is the page, /clock/events the stream that it listens to.
//
// The stream is a program that prints a line, flushes it and sleeps. It ends when the browser goes
// away. In modules.toml, wall_ms_max = 0 lets it run longer than other programs may.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char kPage[] =
    "Content-Type: text/html; charset=utf-8\n\n"
    "<!doctype html><html lang=en><meta charset=utf-8><title>Clock</title>\n"
    "<meta name=viewport content='width=device-width'>\n"
    "<style>:root{color-scheme:light dark}body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;"
    "margin:4rem auto;padding:0 1rem;text-align:center}time{font:200 4.5rem/1.2 ui-monospace,"
    "monospace}p{opacity:.7}</style>\n"
    "<time id=now>--:--:--</time>\n"
    "<p><span id=state>connecting</span> · UTC, from the server, one line a second · "
    "<a href=/>all examples</a>\n"
    "<script>\n"
    "const events = new EventSource(location.pathname.replace(/\\/$/, '') + '/events');\n"
    "const state = document.getElementById('state');\n"
    "events.onopen = () => state.textContent = 'connected';\n"
    "events.onerror = () => state.textContent = 'connecting again';\n"
    "events.onmessage = (event) => document.getElementById('now').textContent = event.data;\n"
    "</script>\n";

static void sleepUntilNextSecond(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  const long left = 1000000000L - now.tv_nsec;
  const struct timespec pause = {left / 1000000000L, left % 1000000000L};
  nanosleep(&pause, NULL);
}

static void sendEvents(void) {
  puts("Content-Type: text/event-stream\nCache-Control: no-store\n");
  for (;;) {
    const time_t now = time(NULL);
    char text[16];
    strftime(text, sizeof text, "%H:%M:%S", gmtime(&now));
    printf("data: %s\n\n", text);
    if (fflush(stdout) != 0) return;
    sleepUntilNextSecond();
  }
}

int main(void) {
  const char* path = getenv("PATH_INFO");
  if (!path || !*path || !strcmp(path, "/")) {
    fputs(kPage, stdout);
  } else if (!strcmp(path, "/events")) {
    sendEvents();
  } else {
    puts("Status: 404 Not Found\nContent-Type: text/plain\n\nThere is /clock and /clock/events.");
  }
  return 0;
}
