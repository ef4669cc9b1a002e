// The chunked transfer coding (RFC 9112 7.1), read as it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace wagi::http {

// Takes chunks apart byte by byte, so that what is malformed is known at the first wrong byte, and
// nothing but data is kept. Extensions and trailers are checked and dropped: nothing here has a use
// for them (RFC 9110 6.5.1). Belongs to one RequestParser.
//
// The decoder is as strict as the grammar, but for white space around ';' and '=' (RFC 9112 7.1.1):
// another reader in front that ends a line at a bare LF, or goes on behind a fold, sees another
// message.
class ChunkDecoder {
 public:
  static constexpr std::size_t kLineBytesMax = 4096;         // A chunk's size with its extensions.
  static constexpr std::size_t kTrailerBytesMax = 64 << 10;  // All trailers together.

  // The front of some bytes: framing, then perhaps data.
  struct Piece {
    std::size_t taken = 0;  // Bytes of the framing and the data.
    std::string_view data;  // The end of what was taken; may be empty.
  };

  void reset() { *this = {}; }
  // Takes the piece that `bytes`, which follow those taken before, begin with: at least one byte.
  // nullopt: they are malformed, or over a limit; then only reset() may be called.
  // REQUIRES: !done(), and bytes aren't empty.
  [[nodiscard]] std::optional<Piece> next(std::string_view bytes);
  // Whether the whole body, with its trailers, was taken.
  [[nodiscard]] bool done() const { return state_ == State::kDone; }

 private:
  // The part of the body that the next byte belongs to, or may begin.
  enum class State : std::uint8_t {
    kSize,             // The first digit of a chunk's size.
    kMoreSize,         // Another digit, or what ends the size.
    kBeforeExtension,  // White space before a ';'.
    kNameStart,        // White space behind a ';', or an extension's name.
    kName,
    kAfterName,   // White space before a '='.
    kValueStart,  // White space behind a '=', or a value.
    kValue,
    kQuoted,
    kQuotedPair,
    kAfterValue,
    kLineLf,
    kData,
    kDataCr,
    kDataLf,
    kTrailerStart,
    kTrailerName,
    kTrailerValue,
    kTrailerLf,
    kLastLf,
    kDone,
  };

  [[nodiscard]] bool step(char c);
  [[nodiscard]] bool takeSizeDigit(char c);
  // Takes a byte that may follow a size, or a whole extension.
  [[nodiscard]] bool endItem(char c);
  [[nodiscard]] bool inTrailer() const { return state_ >= State::kTrailerStart; }
  bool go(State next) {
    state_ = next;
    return true;
  }

  State state_ = State::kSize;
  bool last_chunk_ = true;  // No digit of its size is other than 0.
  std::uint64_t left_ = 0;  // Bytes of the chunk's data to come; while its size comes, the size.
  std::size_t line_bytes_ = 0;  // The length of the chunk's line so far.
  std::size_t trailer_bytes_ = 0;
};

}  // namespace wagi::http
