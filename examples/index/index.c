// The page at /: what the examples are, with links to each and to its source.
//
// An example whose compiler was missing has no module in /modules, a volume that modules.toml gives
// this program, and is shown without a link.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct {
  const char* route;
  const char* title;
  const char* module;  // In /modules; NULL for one that needs no building.
  const char* source;  // As the file browser names it.
  const char* text;
} Example;

static const Example kHellos[] = {
    {"/hello/c", "C", "hello-c.wasm", "hello-c/hello.c", "Two calls of <code>puts</code>."},
    {"/hello/cpp", "C++", "hello-cpp.wasm", "hello-cpp/hello.cc", "<code>std::cout</code>."},
    {"/hello/rust", "Rust", "hello-rust.wasm", "hello-rust/hello.rs",
     "Three <code>println!</code> lines and nothing else."},
    {"/hello/go", "Go", "hello-go.wasm", "hello-go/hello.go",
     "Go's own compiler, its own runtime."},
    {"/hello/go-cgi?name=you", "Go, net/http", "hello-go-cgi.wasm", "hello-go-cgi/hello.go",
     "An ordinary handler, through <code>net/http/cgi</code>."},
    {"/hello/zig", "Zig", "hello-zig.wasm", "hello-zig/hello.zig", "One system call."},
    {"/hello/assemblyscript", "AssemblyScript", "hello-assemblyscript.wasm",
     "hello-assemblyscript/hello.ts", "TypeScript's syntax, compiled ahead of time."},
    {"/hello/wat", "WAT", NULL, "hello-wat/hello.wat",
     "WebAssembly as text, served as it is: there is no compiler."},
};

static const Example kPrograms[] = {
    {"/calculator?expression=0.1+%2B+0.2", "Calculator", "calculator.wasm",
     "calculator/calculator.rs", "A form, and exact fractions. Rust."},
    {"/clock", "Clock", "clock.wasm", "clock/clock.c",
     "Server-sent events: a line each second, seen as it is printed. C."},
    {"/upload", "Upload", "upload.wasm", "upload/upload.rs",
     "A file of any size, read as it arrives; its SHA-256. Rust."},
    {"/guestbook", "Guestbook", "guestbook.wasm", "guestbook/guestbook.cc",
     "Entries kept in a file on a volume. C++."},
    {"/files/", "Files", "files.wasm", "files/files.rs",
     "A browser for a folder, here the sources of these examples, read-only. Rust."},
    {"/script?name=you", "Script", "quickjs.wasm", "javascript/script.js",
     "A JavaScript file, run by an interpreter that is itself the module."},
    {"/python?name=you", "Python", "python.wasm", "python/app.py",
     "A Python file, run by CPython."},
    {"/ruby?name=you", "Ruby", "ruby.wasm", "ruby/app.rb", "A Ruby file, run by CRuby."},
    {"/notes", "Notes", "notes.wasm", "notes/notes.c",
     "An SQLite database on a volume that one request at a time has. C."},
    {"/fetch", "Fetch", "fetch.wasm", "fetch/fetch.c", "Calls another route of this server. C."},
    {"/fetch/go", "Fetch, Go", "fetch-go.wasm", "fetch-go/fetch.go",
     "The same, through Go's own HTTP client."},
    {"/proxy/c", "Proxy", "proxy.wasm", "proxy/proxy.rs",
     "Passes requests on, and streams the answers back. Rust."},
    {"/environment/some/path?a=1&amp;b=2", "Environment", "environment.wasm",
     "environment/environment.cc", "All that a program is told about its request. C++."},
    {"/redirect?/clock", "Redirect", "redirect.wasm", "redirect/redirect.c",
     "A <code>Location</code> header, and nothing more. C."},
};

static const char kHead[] =
    "Content-Type: text/html; charset=utf-8\n\n"
    "<!doctype html><html lang=en><meta charset=utf-8><title>Examples</title>\n"
    "<meta name=viewport content='width=device-width'><style>\n"
    ":root{color-scheme:light dark;--line:#8883;--soft:#8881}\n"
    "body{font:1rem/1.55 system-ui,sans-serif;max-width:52rem;margin:3.5rem auto;padding:0 "
    "1.25rem}\n"
    "h1{font-size:2rem;margin:0}h2{font-size:1.1rem;margin:2.5rem 0 .75rem}\n"
    "p.lead{font-size:1.1rem;max-width:40rem}\n"
    "ul{list-style:none;padding:0;margin:0;display:grid;gap:.75rem;"
    "grid-template-columns:repeat(auto-fill,minmax(15rem,1fr))}\n"
    "li{border:1px solid var(--line);border-radius:.5rem;padding:.75rem "
    "1rem;background:var(--soft)}\n"
    "li>a:first-child,li>b{font-weight:600}li p{margin:.25rem 0;font-size:.95rem}\n"
    "li small a{color:inherit}small,li.absent{opacity:.65}code{font:.9em ui-monospace,monospace}\n"
    "footer{margin-top:2.5rem}</style>\n"
    "<h1>It works</h1>\n"
    "<p class=lead>Each of these is a program that reads its request from environment variables "
    "and "
    "stdin, and prints its answer. It runs as WebAssembly: a fresh instance for every request, "
    "which "
    "sees nothing that it wasn't given, and is gone when the answer is.</p>\n";

static const char kFoot[] =
    "<footer><p><small>This page is such a program too: <a href=/files/index/index.c>index.c</a>. "
    "What is "
    "served where stands in <a href=/files/modules.toml>modules.toml</a>; change it, and a reload "
    "(<code>kill -HUP</code>, or <code>--watch</code>) serves the new one.</small></p></footer>\n";

static int isThere(const Example* example) {
  if (!example->module) return 1;
  char path[128];
  snprintf(path, sizeof path, "/modules/%s", example->module);
  return access(path, F_OK) == 0;
}

static void printExamples(const char* heading, const Example* examples, size_t count,
                          int sources_are_served) {
  printf("<h2>%s</h2><ul>\n", heading);
  for (const Example* example = examples; example < examples + count; example++) {
    if (isThere(example)) {
      printf("<li><a href='%s'>%s</a><p>%s</p>", example->route, example->title, example->text);
    } else {
      printf("<li class=absent><b>%s</b><p>%s</p><p>Left out: its compiler wasn't there.</p>",
             example->title, example->text);
    }
    if (sources_are_served) {
      printf("<small><a href='/files/%s'>%s</a></small>", example->source, example->source);
    }
    puts("</li>");
  }
  puts("</ul>");
}

int main(void) {
  const int sources_are_served = access("/modules/files.wasm", F_OK) == 0;
  fputs(kHead, stdout);
  printExamples("Hello, world", kHellos, sizeof kHellos / sizeof *kHellos, sources_are_served);
  printExamples("Programs", kPrograms, sizeof kPrograms / sizeof *kPrograms, sources_are_served);
  fputs(kFoot, stdout);
  return 0;
}
