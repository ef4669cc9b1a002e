// HTTP/1.0 and 1.1 on one connection: its requests in turn, each as an Exchange.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http/connection.h"
#include "net/http/http1_exchange.h"
#include "net/http/request_parser.h"
#include "net/http/response_writer.h"

namespace wagi::http {

// Lives within Connection::run(), and does all that it does in serve(). A request that its handler
// answers at once costs no suspension, and a pipeline of them one write.
class Http1Session {
 public:
  // Borrows `connection`.
  explicit Http1Session(Connection& connection);
  Http1Session(const Http1Session&) = delete;
  Http1Session& operator=(const Http1Session&) = delete;

  // Until the connection is closed, or lost.
  boost::asio::awaitable<void> serve();

 private:
  enum class Next : std::uint8_t {
    kNow,          // The next request may follow.
    kAfterOthers,  // It may, once other connections had theirs: this one's pipeline is long.
    kNotYet,       // Something of this one has to be waited for.
  };
  // Whether the server still reads what the client sends when the connection closes, to drop it.
  enum class Rest : std::uint8_t { kNone, kDropped };

  boost::asio::awaitable<bool> receiveHead();
  // The path without a suspension from the end of an exchange to the next one, where there is one.
  [[nodiscard]] Next finishAtOnce();
  // False: the connection can't go on.
  boost::asio::awaitable<bool> finish();
  void settleAnswer();
  void refuse(int status, std::string_view detail);
  boost::asio::awaitable<void> drain();
  boost::asio::awaitable<void> close();
  // Until when the client may take the rest of an answer that its handler has left.
  [[nodiscard]] Clock::Time answerDeadline();

  Connection& connection_;
  RequestParser parser_;
  ResponseWriter writer_;
  Http1Exchange exchange_;
  std::size_t burst_ = 0;  // Pipelined answers that wait to leave in one write.
  Rest rest_ = Rest::kNone;
};

}  // namespace wagi::http
