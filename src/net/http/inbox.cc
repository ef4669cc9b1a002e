#include "net/http/inbox.h"

#include <algorithm>
#include <cstring>

namespace wagi::http {

std::span<char> Inbox::space(std::size_t wanted) {
  const std::size_t used = ready().size() + raw().size();
  if (used == 0 && !pinned_) {
    ready_begin_ = ready_end_ = raw_begin_ = raw_end_ = 0;
    if (capacity_ > std::max(wanted, kBlockBytes) || capacity_ < std::min(wanted, bytes_max_)) {
      block_.reset();
      capacity_ = 0;
    }
  }
  if (raw_end_ == capacity_ && used < bytes_max_) makeRoom(wanted);
  return {block_.get() + raw_end_, capacity_ - raw_end_};
}

void Inbox::makeReady(std::string_view part) {
  if (ready().empty()) ready_begin_ = ready_end_ = raw_begin_;
  char* const to = block_.get() + ready_end_;
  if (to != part.data()) std::memmove(to, part.data(), part.size());
  ready_end_ += part.size();
}

void Inbox::unpin() {
  pinned_ = false;
  pinned_block_.reset();
}

void Inbox::makeRoom(std::size_t wanted) {
  const std::size_t used = ready().size() + raw().size();
  // Moving less than half of the block keeps the cost of a byte constant.
  const bool movable = !pinned_ && (used < capacity_ / 2 || capacity_ == bytes_max_);
  if (movable) {
    moveTo(block_.get());
    return;
  }
  capacity_ = std::clamp(std::max(used * 4, used + wanted), kBlockBytes, bytes_max_);
  auto block = std::make_unique_for_overwrite<char[]>(capacity_);
  moveTo(block.get());
  if (pinned_) pinned_block_ = std::move(block_);
  pinned_ = false;
  block_ = std::move(block);
}

void Inbox::moveTo(char* target) {
  const std::size_t ready_size = ready().size(), raw_size = raw().size();
  if (ready_size > 0) std::memmove(target, ready().data(), ready_size);
  if (raw_size > 0) std::memmove(target + ready_size, raw().data(), raw_size);
  ready_begin_ = 0;
  ready_end_ = raw_begin_ = ready_size;
  raw_end_ = ready_size + raw_size;
}

}  // namespace wagi::http
