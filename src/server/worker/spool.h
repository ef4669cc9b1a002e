// A request's body, kept whole: CGI states its length before the program starts, and a chunked
// request says it only at its end. It is held in memory, past a limit in an unlinked temporary
// file.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "net/http/exchange.h"
#include "server/worker/unprepared.h"

namespace wagi::worker {

struct SpoolSettings {
  std::size_t memory_bytes_max = 0;  // For one body; past it there is a file.
  int directory = -1;                // For the files; borrowed.
};

class Spool {
 public:
  explicit Spool(SpoolSettings settings) : settings_(settings) {}

  // Appends. Fails when the temporary file can't be made or written.
  [[nodiscard]] Result<void> append(std::span<const std::byte> bytes);
  [[nodiscard]] std::uint64_t size() const { return size_; }

  // Moves the next bytes into `out`: 0 at the end.
  [[nodiscard]] std::size_t read(std::span<std::byte> out);
  [[nodiscard]] std::uint64_t unread() const { return size_ - read_; }

 private:
  [[nodiscard]] Result<void> moveToFile();
  [[nodiscard]] Result<void> writeToFile(std::span<const std::byte> bytes);

  const SpoolSettings settings_;
  std::uint64_t size_ = 0;
  std::uint64_t read_ = 0;
  std::string memory_;  // Until there is a file.
  UniqueFd file_;
};

// Waits for the whole body of `exchange`, and moves it into `spool` as it comes. Over `bytes_max`
// (0: no limit) it ends with BodyTooLarge. Borrows both.
[[nodiscard]] boost::asio::awaitable<std::expected<void, Unprepared>> spoolBody(
    http::Exchange& exchange, Spool& spool, std::uint64_t bytes_max);

}  // namespace wagi::worker
