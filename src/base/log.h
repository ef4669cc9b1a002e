// The program's log: lines on stderr through spdlog's default logger, which every process of the
// server inherits. What a message quotes needs no care for the terminal's sake: it is made
// printable here, and a message over kMessageBytesMax is shortened.
#pragma once

#include <string>
#include <string_view>

namespace wagi {

enum class LogFormat {
  kText,  // "12:34:56.789 warning message", in colour on a terminal; further lines are indented.
  kJson,  // An object a line: time (RFC 3339, UTC), level, pid, message.
};

// Called once, before any other thread exists; logging is for one thread a process.
void initLog(LogFormat format);
[[nodiscard]] LogFormat logFormat();

// `text` inside a JSON string's quotes, where hidden characters (printable.h) are escaped. Bytes
// that aren't UTF-8 become U+FFFD.
[[nodiscard]] std::string escapeJson(std::string_view text);

}  // namespace wagi
