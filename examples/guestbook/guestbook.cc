// A guestbook: a form, and the entries that others left, kept in a file on the volume /data.
//
// Many instances may write at once. Each entry is one line, added by one write to a file opened for
// appending, so that entries never mix. What visitors wrote is escaped where it is shown.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "text.h"

namespace {

constexpr char kBook[] = "/data/entries.txt";
constexpr std::size_t kFormBytesMax = 32 << 10;
constexpr std::size_t kNameBytesMax = 400;
constexpr std::size_t kMessageBytesMax = 8000;
constexpr off_t kBookBytesMax = 16 << 20;
constexpr off_t kShownBytesMax = 64 << 10;  // The latest entries are in the file's end.

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.6 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}"
    "form{display:grid;gap:.75rem;margin-bottom:2rem}"
    "input,textarea,button{font:inherit;padding:.5rem}button{justify-self:start;padding:.5rem 1rem}"
    "article{border-top:1px solid #8884;padding:.75rem 0;white-space:pre-wrap;"
    "overflow-wrap:anywhere}small{opacity:.7;display:block}";

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

void printNotice(std::string_view status, std::string_view text) {
  print("Status: ");
  print(status);
  print("\nContent-Type: text/plain; charset=utf-8\n\n");
  print(text);
  print("\n");
}

// The end of the book, from the beginning of an entry on.
std::string readEntries() {
  const int book = open(kBook, O_RDONLY);
  if (book < 0) return "";
  struct stat found = {};
  fstat(book, &found);
  const off_t from = found.st_size > kShownBytesMax ? found.st_size - kShownBytesMax : 0;
  lseek(book, from, SEEK_SET);
  std::string text(kShownBytesMax, '\0');
  std::size_t size = 0;
  for (ssize_t count; size < text.size(); size += static_cast<std::size_t>(count)) {
    count = read(book, text.data() + size, text.size() - size);
    if (count <= 0) break;
  }
  close(book);
  text.resize(size);
  if (from > 0) text.erase(0, text.find('\n') + 1);
  return text;
}

// An entry's line is TIME SPACE NAME SPACE MESSAGE, the last two percent-encoded.
void printEntry(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return;
  const std::time_t when = std::strtoll(std::string(line.substr(0, first)).c_str(), nullptr, 10);
  char date[32] = "";
  std::strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", std::gmtime(&when));
  print("<article><small>");
  print(escapeHtml(decodeForm(line.substr(first + 1, second - first - 1))));
  print(", ");
  print(date);
  print("</small>");
  print(escapeHtml(decodeForm(line.substr(second + 1))));
  print("</article>\n");
}

void showBook() {
  print("Content-Type: text/html; charset=utf-8\nCache-Control: no-store\n\n");
  print("<!doctype html><html lang=en><meta charset=utf-8><title>Guestbook</title>\n");
  print("<meta name=viewport content='width=device-width'><style>");
  print(kStyle);
  print("</style><h1>Guestbook</h1><form method=post>\n");
  print("<input name=name placeholder=Name aria-label=Name maxlength=100 required>\n");
  print("<textarea name=message placeholder=Message aria-label=Message rows=3 maxlength=2000 ");
  print("required></textarea><button>Sign</button></form>\n");
  const std::string entries = readEntries();
  const std::vector<std::string_view> lines = split(entries, '\n');
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) printEntry(*line);
  print("<p><a href=/>All examples</a></p>\n");
}

bool append(const std::string& line) {
  const int book = open(kBook, O_WRONLY | O_APPEND | O_CREAT, 0644);
  if (book < 0) return false;
  struct stat found = {};
  const bool has_room = fstat(book, &found) == 0 && found.st_size < kBookBytesMax;
  const bool written =
      has_room && write(book, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  return close(book) == 0 && written;
}

void sign() {
  std::string form(kFormBytesMax + 1, '\0');
  form.resize(std::fread(form.data(), 1, form.size(), stdin));
  if (form.size() > kFormBytesMax) return printNotice("413 Content Too Large", "That is too long.");
  const std::string name = formValue(form, "name");
  const std::string message = formValue(form, "message");
  if (trim(name).empty() || trim(message).empty()) {
    return printNotice("400 Bad Request", "A name and a message are needed.");
  }
  if (name.size() > kNameBytesMax || message.size() > kMessageBytesMax) {
    return printNotice("400 Bad Request", "The name or the message is too long.");
  }
  const std::string line = std::to_string(std::time(nullptr)) + ' ' + encode(trim(name)) + ' ' +
                           encode(trim(message)) + '\n';
  if (!append(line)) {
    std::perror("guestbook: the entry wasn't written");
    return printNotice("503 Service Unavailable", "The book can't be written, or is full.");
  }
  // A redirect, so that reloading the page doesn't send the form again.
  print("Status: 303 See Other\nLocation: ");
  print(variable("SCRIPT_NAME"));
  print("\n\n");
}

}  // namespace

int main() {
  const std::string method = variable("REQUEST_METHOD");
  if (method == "POST") {
    sign();
  } else if (method == "GET" || method == "HEAD") {
    showBook();
  } else {
    printNotice("405 Method Not Allowed\nAllow: GET, HEAD, POST", "This is for GET and POST.");
  }
}
