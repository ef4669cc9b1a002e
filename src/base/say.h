// Prints what commands say. All text of this program goes to a terminal through these functions;
// only a guest of `wagi run` writes to its descriptors itself, as any program does.
//
// They throw std::system_error where the file can't be written, as fmt::print does.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

namespace wagi {

// Writes a message to `file`, made printable, and shortened where it is over kMessageBytesMax.
// Line feeds and tabs stay, so foreign text in it goes through printable() first where it may hold
// any.
void sayText(std::FILE* file, std::string_view message);

// Formats a message and writes it by sayText().
template <class... Values>
void say(std::FILE* file, fmt::format_string<Values...> format, Values&&... values) {
  sayText(file, fmt::format(format, std::forward<Values>(values)...));
}

// Writes to stdout, unshortened, what a command was asked for: made printable for a terminal, as it
// is for a file or a program.
void printOutput(std::string_view text);

// Writes to stderr a text of this program's own that steers the terminal, such as a progress line.
void steerTerminal(std::string_view text);

}  // namespace wagi
