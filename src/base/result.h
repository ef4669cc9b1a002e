// What can fail because of a file, a guest or a client returns a Result; nothing is thrown for it.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace wagi {

// A failure in words for a person: where, what was found, what to do.
struct [[nodiscard]] Error {
  std::string message;
};

template <class T>
using Result = std::expected<T, Error>;

// The failure itself, to be returned from a function whose result is any Result.
[[nodiscard]] inline std::unexpected<Error> fail(std::string message) {
  return std::unexpected(Error{std::move(message)});
}

}  // namespace wagi
