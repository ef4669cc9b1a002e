// Notes in an SQLite database on a volume. A GET lists them, for a browser as a page and for a
// program (Accept: application/json) as JSON; a POST adds one, from the page's form or as plain
// text.
//
// WASI has no file locks, so that SQLite can't keep two writers apart here. The server does it: the
// volume is `exclusive` in modules.toml, and one request at a time has it. When a POST is answered
// its note is on the disk; what a request had written when it was killed, the next one takes back.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_BYTES_MAX 8000
#define BODY_BYTES_MAX (3 * NOTE_BYTES_MAX + 16)  // Each byte of a form may be %XX.

static const char kSchema[] =
    "CREATE TABLE IF NOT EXISTS note("
    "id INTEGER PRIMARY KEY, text TEXT NOT NULL,"
    "at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ')))";

static const char* variable(const char* name) {
  const char* value = getenv(name);
  return value ? value : "";
}

static int refuse(const char* status, const char* why) {
  printf("Status: %s\nContent-Type: text/plain; charset=utf-8\n\n%s\n", status, why);
  return 0;
}

// What SQLite says goes to the log; a failure of the program is a 500.
static int fail(sqlite3* db, const char* what) {
  fprintf(stderr, "notes: %s: %s\n", what, sqlite3_errmsg(db));
  return 1;
}

static int hexDigit(char c) {
  const char* digits = "0123456789abcdef";
  const char* at = c ? strchr(digits, c | 32) : NULL;
  return c >= '0' && at ? (int)(at - digits) : -1;
}

// Decodes a value of a form in place, up to the `&` that ends it.
static void decode(char* text) {
  char* out = text;
  for (const char* in = text; *in && *in != '&'; in++) {
    if (*in == '%' && hexDigit(in[1]) >= 0 && hexDigit(in[2]) >= 0) {
      *out++ = (char)(hexDigit(in[1]) * 16 + hexDigit(in[2]));
      in += 2;
    } else {
      *out++ = *in == '+' ? ' ' : *in;
    }
  }
  *out = 0;
}

static void printEscaped(const char* text) {
  for (; *text; text++) {
    if (*text == '&') {
      fputs("&amp;", stdout);
    } else if (*text == '<') {
      fputs("&lt;", stdout);
    } else {
      putchar(*text);
    }
  }
}

static int listAsJson(sqlite3* db) {
  sqlite3_stmt* list = NULL;
  const char* sql =
      "SELECT json_group_array(json_object('id', id, 'text', text, 'at', at)) "
      "FROM (SELECT * FROM note ORDER BY id)";
  if (sqlite3_prepare_v2(db, sql, -1, &list, NULL) || sqlite3_step(list) != SQLITE_ROW) {
    return fail(db, "list");
  }
  printf("Content-Type: application/json\n\n%s\n", sqlite3_column_text(list, 0));
  return 0;
}

static int listAsPage(sqlite3* db) {
  sqlite3_stmt* list = NULL;
  const char* sql = "SELECT text, at FROM note ORDER BY id DESC LIMIT 100";
  if (sqlite3_prepare_v2(db, sql, -1, &list, NULL)) return fail(db, "list");
  printf(
      "Content-Type: text/html; charset=utf-8\n\n"
      "<!doctype html><html lang=en><meta charset=utf-8><title>Notes</title>\n"
      "<style>body{font:1rem/1.5 system-ui;max-width:40rem;margin:3rem auto}"
      "li{white-space:pre-wrap}small{opacity:.6}</style>\n<h1>Notes</h1>\n"
      "<form method=post><textarea name=text rows=3 cols=50 required></textarea>"
      "<p><button>Add</button></form>\n<ul>\n");
  int result;
  while ((result = sqlite3_step(list)) == SQLITE_ROW) {
    fputs("<li>", stdout);
    printEscaped((const char*)sqlite3_column_text(list, 0));
    printf(" <small>%s</small></li>\n", sqlite3_column_text(list, 1));
  }
  puts("</ul>");
  return result == SQLITE_DONE ? 0 : fail(db, "list");
}

static int add(sqlite3* db) {
  static char body[BODY_BYTES_MAX + 1];
  const size_t length = fread(body, 1, sizeof body, stdin);
  if (length > BODY_BYTES_MAX) return refuse("413 Content Too Large", "The note is too long.");
  body[length] = 0;
  const int is_form =
      strncmp(variable("CONTENT_TYPE"), "application/x-www-form-urlencoded", 33) == 0;
  char* text = body;
  if (is_form) {
    if (strncmp(body, "text=", 5) != 0) return refuse("400 Bad Request", "There is no note.");
    decode(text += 5);
  }
  const size_t text_length = strlen(text);
  if (text_length == 0) return refuse("400 Bad Request", "There is no note.");
  if (text_length > NOTE_BYTES_MAX) return refuse("413 Content Too Large", "The note is too long.");

  sqlite3_stmt* insert = NULL;
  if (sqlite3_prepare_v2(db, "INSERT INTO note(text) VALUES(?)", -1, &insert, NULL) ||
      sqlite3_bind_text(insert, 1, text, -1, SQLITE_STATIC) ||
      sqlite3_step(insert) != SQLITE_DONE) {
    return fail(db, "add");
  }
  if (is_form) {
    printf("Status: 303 See Other\nLocation: %s\n\n", variable("SCRIPT_NAME"));
  } else {
    printf("Status: 201 Created\nContent-Type: application/json\n\n{\"id\":%lld}\n",
           sqlite3_last_insert_rowid(db));
  }
  return 0;
}

int main(void) {
  sqlite3* db = NULL;
  // Without locks of its own: SQLite's default for WASI is a file that says "locked", and stays
  // when the program that made it is killed.
  if (sqlite3_open_v2("/data/notes.db", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                      "unix-none") ||
      sqlite3_exec(db, kSchema, NULL, NULL, NULL)) {
    return fail(db, "open");
  }
  const char* method = variable("REQUEST_METHOD");
  if (strcmp(method, "POST") == 0) return add(db);
  if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
    return refuse("405 Method Not Allowed\nAllow: GET, HEAD, POST", "Only GET, HEAD and POST.");
  }
  return strstr(variable("HTTP_ACCEPT"), "application/json") ? listAsJson(db) : listAsPage(db);
}
