// Text of clients, guests, modules, files and servers, made fit to be shown to a person.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace wagi {

// What is shown of one foreign text, such as a name, within a message.
inline constexpr std::size_t kQuotedBytesMax = 300;
// What is shown of one message as a whole.
inline constexpr std::size_t kMessageBytesMax = 16 << 10;

enum class Lines {
  kOne,   // A line feed and a tab are "\n" and "\t".
  kKept,  // Both stay.
};

// Whether a person sees nothing of a character, or a terminal obeys it: controls (C0, DEL, C1),
// what turns the direction of text or is invisible (Unicode 15, Default_Ignorable_Code_Point), line
// and paragraph separators. `code_point` is one that UTF-8 can encode.
[[nodiscard]] bool isHidden(char32_t code_point);

// `text` with hidden characters as "\x1b", "\u009b" or "\U000e0041", and bytes that aren't UTF-8 as
// "\xff". What would be longer than `bytes_max` ends there, with how many bytes the whole has:
// "AAAA... (60000 bytes)". Applied to its own result it changes nothing but, perhaps, the length.
// It is for people: a program that wants the text back reads the log in JSON.
[[nodiscard]] std::string printable(std::string_view text, std::size_t bytes_max = kQuotedBytesMax,
                                    Lines lines = Lines::kOne);

// `text`, ended with that mark where it is longer than `bytes_max`, and otherwise as it is: for
// what is made printable where it is shown, such as a part of a message for the log.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t bytes_max = kQuotedBytesMax);

// Like printable(), for lines: each begins with "  | ", so that none passes for ours. The result
// begins with a line feed.
[[nodiscard]] std::string printableBlock(std::string_view text,
                                         std::size_t bytes_max = kQuotedBytesMax);

}  // namespace wagi
