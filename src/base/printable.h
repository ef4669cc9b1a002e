// Makes foreign text (of clients, guests, modules, files, servers) fit to be shown to a person.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wagi {

// The most that is shown of one foreign text, such as a name, within a message.
inline constexpr std::size_t kQuotedBytesMax = 300;
// The most that is shown of one message as a whole.
inline constexpr std::size_t kMessageBytesMax = 16 << 10;

// How line feeds and tabs are shown.
enum class Lines {
  kOne,   // As "\n" and "\t", so that the text stays in one line.
  kKept,  // As they are.
};

// Whether a character is invisible or steers a terminal: controls (C0, DEL, C1), characters that
// turn the direction of text or are ignored in display (Unicode 15, Default_Ignorable_Code_Point),
// line and paragraph separators. REQUIRES: UTF-8 can encode `code_point`.
[[nodiscard]] bool isHidden(char32_t code_point);

// `text` with hidden characters as "\x1b", "\u009b" or "\U000e0041", and bytes that aren't UTF-8 as
// "\xff". A result over `bytes_max` is cut there, and the length of `text` added:
// "AAAA... (60000 bytes)". Applied to its own result it changes nothing but, perhaps, the length.
// A program that wants the text back reads the log in JSON instead.
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max = kQuotedBytesMax,
                                    Lines lines = Lines::kOne);

// `text`, cut and marked as by printable() where it is over `bytes_max`, and otherwise unchanged:
// for a part of a message that is made printable later, such as one for the log.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes_max = kQuotedBytesMax);

// Like printable(), for text of several lines: each begins with "  | ", so that none passes for a
// line of the program. The result begins with a line feed.
[[nodiscard]] std::string printableBlock(std::string_view text,
                                         std::size_t bytes_max = kQuotedBytesMax);

}  // namespace wagi
