// What commands print: the one way from here to a terminal.
//
// Throws std::system_error where it can't be written, as fmt::print does.
// A guest of `wagi run` writes to its descriptors itself, as any program does.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace wagi {

// Writes a message to `file` with what it quotes made printable, and shortened where it is over
// kMessageBytesMax. Line feeds and tabs stay: foreign text that may hold any goes through
// printable() first.
void sayText(std::FILE* file, std::string_view message);

template <class... Values>
void say(std::FILE* file, fmt::format_string<Values...> format, Values&&... values) {
  sayText(file, fmt::format(format, std::forward<Values>(values)...));
}

// Writes to stdout what a command was asked for, whole: for a terminal made printable, for a file
// or a program as it is.
void printOutput(std::string_view text);

// Writes `text`, which is our own and steers the terminal, such as a line of progress.
void steerTerminal(std::string_view text);

}  // namespace wagi
