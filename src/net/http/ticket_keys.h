// The keys that session tickets are sealed with (RFC 5077, RFC 8446 4.6.1), shared by all workers
// of a server and kept over its reloads, so that a client resumes with whichever process it meets.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace wagi::http {

// Memory that the supervisor maps before it forks: it alone rotates the keys, workers read them. A
// key seals new tickets until the next one comes, and opens old ones until kKept have come.
class TicketKeys {
 public:
  static constexpr std::chrono::hours kRotation{2};
  static constexpr std::size_t kKept = 3;

  struct Key {
    std::array<unsigned char, 16> name;  // Says in a ticket which key it has.
    std::array<unsigned char, 32> cipher;
    std::array<unsigned char, 32> mac;
  };

  // With one key. Processes that are forked don't have the memory, but where lend() lets them.
  [[nodiscard]] static Result<std::unique_ptr<TicketKeys>> create();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;
  ~TicketKeys();

  // Adds a key. The error says why there is no randomness.
  [[nodiscard]] Result<void> rotate();

  // Whether processes that are forked from now on have the keys.
  void lend(bool lent) const;

  [[nodiscard]] Key newest() const;
  struct Found {
    Key key;
    bool is_newest;
  };
  [[nodiscard]] std::optional<Found> find(std::span<const unsigned char, 16> name) const;

  // Lets connections of `context` seal and open tickets with these keys, which it borrows.
  void use(ssl_ctx_st* context) const;
  // The same for one connection whose context was exchanged.
  void use(ssl_st* stream) const;

 private:
  struct Shared;
  explicit TicketKeys(Shared* shared) : shared_(shared) {}

  Shared* const shared_;
};

}  // namespace wagi::http
