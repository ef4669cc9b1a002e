// The type that a function returns which a file, a guest or a client can make fail. Nothing is
// thrown for such failures.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace wagi {

// A failure in words for a person: where it is, what was found, what to do.
struct [[nodiscard]] Error {
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

// Makes the failure that a function returns whose result is a Result of any type.
[[nodiscard]] inline std::unexpected<Error> fail(std::string message) {
  return std::unexpected(Error{std::move(message)});
}

}  // namespace wagi
