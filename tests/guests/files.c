// Works on files: `op` on `path`, with `data` or `to`. Answers "ok", what was read, or
// "error ERRNO-TEXT"; the exit status is always 0.
//   read, write, append, list, stat, remove, mkdir, rename, symlink, truncate
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "guest.h"

static int readFile(const char* path) {
  const int fd = open(path, O_RDONLY);
  if (fd < 0) return 0;
  static char buffer[65536];
  ssize_t count;
  while ((count = read(fd, buffer, sizeof buffer)) > 0) writeAll(1, buffer, (size_t)count);
  return count == 0;
}

static int writeFile(const char* path, int flags, const char* data) {
  const int fd = open(path, O_WRONLY | O_CREAT | flags, 0644);
  return fd >= 0 && writeAll(fd, data, strlen(data)) && close(fd) == 0 && say("ok\n");
}

static int compare(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

static int list(const char* path) {
  DIR* folder = opendir(path);
  if (!folder) return 0;
  char** names = NULL;
  size_t count = 0;
  for (const struct dirent* entry; (entry = readdir(folder));) {
    names = realloc(names, (count + 1) * sizeof *names);
    names[count++] = strdup(entry->d_name);
  }
  qsort(names, count, sizeof *names, compare);
  for (size_t i = 0; i < count; i++) {
    say(names[i]);
    say("\n");
  }
  return 1;
}

static int status(const char* path) {
  struct stat found;
  if (stat(path, &found) != 0) return 0;
  char line[64];
  snprintf(line, sizeof line, "%s %lld\n", S_ISDIR(found.st_mode) ? "folder" : "file",
           (long long)found.st_size);
  return say(line);
}

static int run(const char* op, const char* path) {
  const char* data = query("data", "");
  const char* to = query("to", "");
  if (!strcmp(op, "read")) return readFile(path);
  if (!strcmp(op, "write")) return writeFile(path, O_TRUNC, data);
  if (!strcmp(op, "append")) return writeFile(path, O_APPEND, data);
  if (!strcmp(op, "list")) return list(path);
  if (!strcmp(op, "stat")) return status(path);
  if (!strcmp(op, "remove")) return remove(path) == 0 && say("ok\n");
  if (!strcmp(op, "mkdir")) return mkdir(path, 0755) == 0 && say("ok\n");
  if (!strcmp(op, "rename")) return rename(path, to) == 0 && say("ok\n");
  if (!strcmp(op, "symlink")) return symlink(to, path) == 0 && say("ok\n");
  if (!strcmp(op, "truncate")) return writeFile(path, O_TRUNC, "");
  errno = ENOSYS;
  return 0;
}

int main(void) {
  sayTextHeader();
  if (!run(query("op", "read"), query("path", "/"))) {
    say("error ");
    say(strerror(errno));
    say("\n");
  }
  return 0;
}
