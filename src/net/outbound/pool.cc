#include "net/outbound/pool.h"

#include <algorithm>
#include <utility>

#include "net/outbound/limits.h"

namespace wagi::outbound {

std::unique_ptr<Connection> Pool::take(const PoolKey& key) {
  const auto line = lines_.find(key);
  if (line == lines_.end()) return nullptr;
  std::unique_ptr<Connection> found;
  while (!found && !line->second.empty()) {
    found = std::move(line->second.back().connection);
    line->second.pop_back();
    --size_;
    if (!found->isQuiet()) found.reset();
  }
  if (line->second.empty()) lines_.erase(line);
  return found;
}

void Pool::put(const PoolKey& key, std::unique_ptr<Connection> connection) {
  auto& line = lines_[key];
  if (line.size() >= kIdleOfOriginMax) {
    line.pop_front();
    --size_;
  }
  line.push_back({std::move(connection), clock_.now()});
  ++size_;
  if (size_ > kIdleMax) dropOldest();
  armTimer();
}

void Pool::dropOldest() {
  const auto oldest = std::ranges::min_element(
      lines_, {}, [](const Lines::value_type& line) { return line.second.front().since; });
  oldest->second.pop_front();
  --size_;
  if (oldest->second.empty()) lines_.erase(oldest);
}

void Pool::dropExpired() {
  const Clock::Time now = clock_.now();
  for (auto line = lines_.begin(); line != lines_.end();) {
    auto& idle = line->second;
    while (!idle.empty() && now - idle.front().since >= idle_max_) {
      idle.pop_front();
      --size_;
    }
    line = idle.empty() ? lines_.erase(line) : std::next(line);
  }
}

void Pool::armTimer() {
  if (armed_ || size_ == 0) return;
  armed_ = true;
  timer_.expires_after(idle_max_);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // The pool is gone.
    armed_ = false;
    dropExpired();
    armTimer();
  });
}

}  // namespace wagi::outbound
