// Bytes that a connection has received and not yet used.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace wagi::http {

// One block of memory: body bytes that are decoded (`ready`), then bytes as they came (`raw`), then
// space to read into.
//
// The views of a request's head point into it, so the block can be pinned: what needs more room
// then goes on in a second block, and the first is kept until unpin(). Belongs to one session.
class Inbox {
 public:
  static constexpr std::size_t kBlockBytes = 4096;  // The capacity of an idle connection.

  // Holds at most `bytes_max` in one block. REQUIRES: bytes_max >= kBlockBytes.
  explicit Inbox(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // Where the next bytes go: some of them when `wanted` are expected, none when the block is full
  // and as large as may be. Stable until commit(). Gives back what a larger request had needed.
  // REQUIRES: no read into an earlier space() is under way.
  [[nodiscard]] std::span<char> space(std::size_t wanted = kBlockBytes);
  // `count` bytes were read into space().
  void commit(std::size_t count) { raw_end_ += count; }

  [[nodiscard]] std::string_view raw() const {
    return {block_.get() + raw_begin_, raw_end_ - raw_begin_};
  }
  void dropRaw(std::size_t count) { raw_begin_ += count; }

  // `part`, a piece of raw() that nothing but framing stands before, becomes ready; the caller
  // then drops it from raw().
  void makeReady(std::string_view part);
  [[nodiscard]] std::string_view ready() const {
    return {block_.get() + ready_begin_, ready_end_ - ready_begin_};
  }
  void dropReady(std::size_t count) { ready_begin_ += count; }

  void pin() { pinned_ = true; }
  void unpin();

 private:
  void makeRoom(std::size_t wanted);
  void moveTo(char* target);

  const std::size_t bytes_max_;
  std::size_t capacity_ = 0;
  std::unique_ptr<char[]> block_;
  std::unique_ptr<char[]> pinned_block_;  // An earlier block, still pinned.
  bool pinned_ = false;                   // Bytes before ready_begin_ must stay where they are.
  std::size_t ready_begin_ = 0, ready_end_ = 0, raw_begin_ = 0, raw_end_ = 0;
};

}  // namespace wagi::http
