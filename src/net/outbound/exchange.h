// One request of a guest and its answer, which comes as the guest reads it.
//
// Made by the Client. Its steps are coroutines of the event loop that hold on to it, so that its
// user may drop it at any time; each ends with one notice to the user, who then looks at state():
// perhaps before the call that began the step returns.
// What a server sends never throws and never aborts.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "net/outbound/connection.h"
#include "net/outbound/dial.h"
#include "net/outbound/fields.h"
#include "net/outbound/pool.h"

namespace wagi::outbound {

class Client;

struct Request {
  std::size_t route = 0;  // Of the plan, by whose allowed_hosts it is judged.
  AllowedHost::Reach reach = AllowedHost::Reach::kPublic;  // Of the entry that allows it.
  Url url;
  std::string method;  // isMethod() says that it is one.
  RequestFields fields;
  std::uint64_t body_bytes = 0;
  std::uint64_t answer_bytes_max = 0;  // Of its body; past it the answer fails. 0: no limit.
};

class Exchange final : public boost::intrusive_ref_counter<Exchange, boost::thread_unsafe_counter>,
                       public boost::intrusive::list_base_hook<
                           boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  enum class State : std::uint8_t {
    kBusy,       // A notice will come.
    kWantsBody,  // supply() more of it.
    kAnswered,   // The answer's head is here; read() its body.
    kFailed,     // refusal() says why; before the answer or in the midst of it.
  };

  Exchange(Client& client, Request request, std::function<void()> notify);

  // Begins with the first piece of the body. REQUIRES: called once.
  void start(std::span<const std::byte> piece);
  [[nodiscard]] State state() const { return state_; }
  // How much of the body is still to be supplied.
  [[nodiscard]] std::uint64_t bodyLeft() const { return body_left_; }
  // Takes up to kPieceBytes of it: how many. REQUIRES: kWantsBody.
  std::size_t supply(std::span<const std::byte> piece);

  // REQUIRES: kAnswered was reached.
  [[nodiscard]] std::uint16_t status() const { return status_; }
  [[nodiscard]] const AnswerFields& fields() const { return fields_; }
  // Moves body bytes into `out`: their count, 0 at the end. nullopt: the next notice tells. False
  // of the answer is told once what came before it is read. REQUIRES: `out` isn't empty.
  [[nodiscard]] std::optional<std::expected<std::size_t, Refusal>> read(std::span<std::byte> out);

  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // The user has gone: nothing is notified any more, and what goes on ends.
  void cancel();
  // The client has gone, and with it the loop.
  void orphan() { client_ = nullptr; }

 private:
  using Parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;
  using Self = boost::intrusive_ptr<Exchange>;

  void run(boost::asio::awaitable<void> step);
  boost::asio::awaitable<void> begin(Self self);
  boost::asio::awaitable<void> sendPiece(Self self);
  boost::asio::awaitable<void> fill(Self self);
  [[nodiscard]] boost::asio::awaitable<bool> connect();
  [[nodiscard]] boost::asio::awaitable<bool> receiveHead();
  [[nodiscard]] boost::asio::awaitable<std::string> receive(std::chrono::milliseconds time_max);
  void takeHead();
  void renewParser();
  [[nodiscard]] std::string head() const;
  [[nodiscard]] bool mayRetry() const;
  // As far as bytes are here: how many became body. Fails the exchange where they make no sense.
  std::size_t decode(std::span<std::byte> out);
  void releaseWhenWhole();
  [[nodiscard]] std::string describe(const boost::system::error_code& error) const;
  [[nodiscard]] bool fits(std::uint64_t body_bytes) const;
  [[nodiscard]] std::string tooLarge() const;
  void fail(Refusal::Kind kind, std::string message);
  // Of what the server did; without a notice.
  void failQuietly(std::string message);
  void tell(State state);

  Client* client_;
  const Request request_;
  std::function<void()> notify_;
  State state_ = State::kBusy;
  bool cancelled_ = false;
  Refusal refusal_;

  std::string piece_;  // Of the body, to be sent.
  std::uint64_t body_left_;
  bool whole_body_in_piece_ = false;

  std::unique_ptr<Connection> connection_;
  bool reused_ = false;
  bool heard_ = false;  // Something came on this connection.
  bool eof_ = false;
  bool filling_ = false;
  boost::beast::flat_buffer in_;
  std::optional<Parser> parser_;
  std::uint64_t body_bytes_ = 0;  // Of the answer, read so far.
  std::uint16_t status_ = 0;
  AnswerFields fields_;
};

}  // namespace wagi::outbound
