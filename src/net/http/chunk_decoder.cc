#include "net/http/chunk_decoder.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "base/hex.h"
#include "base/text.h"

namespace wagi::http {
namespace {

bool isToken(char c) { return kTokenCharacters.has(c); }
bool isBlank(char c) { return kBlanks.contains(c); }

}  // namespace

std::optional<ChunkDecoder::Piece> ChunkDecoder::next(std::string_view bytes) {
  assert(!done() && !bytes.empty());
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (state_ == State::kData) {
      const std::size_t count = std::min<std::uint64_t>(left_, bytes.size() - at);
      left_ -= count;
      if (left_ == 0) state_ = State::kDataCr;
      return Piece{at + count, bytes.substr(at, count)};
    }
    if (!step(bytes[at])) return std::nullopt;
    if (done()) return Piece{at + 1, {}};
  }
  return Piece{bytes.size(), {}};
}

bool ChunkDecoder::step(char c) {
  if (inTrailer() ? ++trailer_bytes_ > kTrailerBytesMax : ++line_bytes_ > kLineBytesMax) {
    return false;
  }
  switch (state_) {
    case State::kSize:
      return takeSizeDigit(c) && go(State::kMoreSize);
    case State::kMoreSize:
      return takeSizeDigit(c) || endItem(c);
    case State::kBeforeExtension:
      return isBlank(c) || (c == ';' && go(State::kNameStart));
    case State::kNameStart:
      return isBlank(c) || (isToken(c) && go(State::kName));
    case State::kName:
      if (isToken(c)) return true;
      if (isBlank(c)) return go(State::kAfterName);
      return c == '=' ? go(State::kValueStart) : endItem(c);
    case State::kAfterName:
      if (isBlank(c)) return true;
      return (c == '=' && go(State::kValueStart)) || (c == ';' && go(State::kNameStart));
    case State::kValueStart:
      if (isBlank(c)) return true;
      return (c == '"' && go(State::kQuoted)) || (isToken(c) && go(State::kValue));
    case State::kValue:
      return isToken(c) || endItem(c);
    case State::kQuoted:
      if (c == '"') return go(State::kAfterValue);
      return isFieldCharacter(c) && (c != '\\' || go(State::kQuotedPair));
    case State::kQuotedPair:
      return isFieldCharacter(c) && go(State::kQuoted);
    case State::kAfterValue:
      return endItem(c);
    case State::kLineLf:
      line_bytes_ = 0;
      return c == '\n' && go(last_chunk_ ? State::kTrailerStart : State::kData);
    case State::kDataCr:
      return c == '\r' && go(State::kDataLf);
    case State::kDataLf:
      last_chunk_ = true;
      line_bytes_ = 0;
      return c == '\n' && go(State::kSize);
    case State::kTrailerStart:
      if (c == '\r') return go(State::kLastLf);
      return isToken(c) && go(State::kTrailerName);
    case State::kTrailerName:
      return isToken(c) || (c == ':' && go(State::kTrailerValue));
    case State::kTrailerValue:
      return c == '\r' ? go(State::kTrailerLf) : isFieldCharacter(c);
    case State::kTrailerLf:
      return c == '\n' && go(State::kTrailerStart);
    case State::kLastLf:
      return c == '\n' && go(State::kDone);
    case State::kData:
    case State::kDone:
      break;
  }
  assert(false);
  return false;
}

bool ChunkDecoder::takeSizeDigit(char c) {
  constexpr std::uint64_t kRadix = 16;
  const int digit = hexValue(c);
  if (digit < 0 || left_ > std::numeric_limits<std::uint64_t>::max() / kRadix) return false;
  left_ = left_ * kRadix + static_cast<std::uint64_t>(digit);
  last_chunk_ = left_ == 0;
  return true;
}

bool ChunkDecoder::endItem(char c) {
  if (c == '\r') return go(State::kLineLf);
  if (c == ';') return go(State::kNameStart);
  return isBlank(c) && go(State::kBeforeExtension);
}

}  // namespace wagi::http
