// The program's log: lines on stderr through spdlog's default logger, which every process of the
// server inherits.
//
// A caller may quote foreign text in a message as it is: a message is made printable here, and
// shortened where it is over kMessageBytesMax.
#pragma once

#include <string>
#include <string_view>

namespace wagi {

enum class LogFormat {
  kText,  // "12:34:56.789 warning message", in colour on a terminal; further lines are indented.
  kJson,  // An object a line: time (RFC 3339, UTC), level, pid, message.
};

// Sets up the log of this process and of those that it forks. REQUIRES: called once, before any
// other thread exists; only one thread of a process logs.
void initLog(LogFormat format);
// The format that initLog() was given.
[[nodiscard]] LogFormat logFormat();

// `text` as the inside of a JSON string, without its quotes. Hidden characters (printable.h) are
// escaped, and bytes that aren't UTF-8 become U+FFFD.
[[nodiscard]] std::string escapeJson(std::string_view text);

}  // namespace wagi
