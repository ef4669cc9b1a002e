// The program's log: lines on stderr through spdlog's default logger, which every process of the
// server inherits.
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

// `text` inside a JSON string's quotes. Bytes that aren't UTF-8 become U+FFFD.
[[nodiscard]] std::string escapeJson(std::string_view text);

// `text` with control characters other than tab and line feed as "\x1b" or "\u009b": what a guest
// or a client sent must not steer a terminal.
[[nodiscard]] std::string escapeControls(std::string_view text);

}  // namespace wagi
