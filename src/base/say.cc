#include "base/say.h"

#include <unistd.h>

#include <cerrno>
#include <limits>
#include <system_error>

#include "base/printable.h"

namespace wagi {
namespace {

void write(std::FILE* file, std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file) != text.size()) {
    throw std::system_error(errno, std::generic_category(), "can't write");
  }
}

}  // namespace

void sayText(std::FILE* file, std::string_view message) {
  // The final line feed is set aside, so that it stays where the message is shortened.
  const bool whole_line = message.ends_with('\n');
  if (whole_line) message.remove_suffix(1);
  write(file, printable(message, kMessageBytesMax, Lines::kKept));
  if (whole_line) write(file, "\n");
}

void printOutput(std::string_view text) {
  if (::isatty(STDOUT_FILENO) != 1) {
    write(stdout, text);
  } else {
    write(stdout, printable(text, std::numeric_limits<std::size_t>::max(), Lines::kKept));
  }
}

void steerTerminal(std::string_view text) {
  write(stderr, text);
  std::fflush(stderr);
}

}  // namespace wagi
