// The first of several times, some of which may be absent.
#pragma once

#include <optional>

namespace wagi {

template <class Time>
class Earliest {
 public:
  void consider(std::optional<Time> time) {
    if (time && (!value_ || *time < *value_)) value_ = time;
  }
  // Absent where only absent times were considered.
  [[nodiscard]] std::optional<Time> value() const { return value_; }

 private:
  std::optional<Time> value_;
};

}  // namespace wagi
