// One request of a guest and its answer, which comes as the guest reads it.
//
// The Client makes it. Its steps are coroutines of the event loop that keep it alive, so that its
// user may drop it at any time. Each step ends with one notice to the user, who then looks at
// state(); the notice may come before the call that began the step returns. Nothing that a server
// sends throws or aborts.
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
  std::size_t route = 0;  // Index in the plan of the route whose allowed_hosts apply.
  // The scope of the entry that allows this request.
  AllowedHost::AddressScope scope = AllowedHost::AddressScope::kPublic;
  Url url;
  std::string method;  // isMethod() accepts it.
  RequestFields fields;
  std::uint64_t body_bytes = 0;
  std::uint64_t answer_bytes_max = 0;  // An answer with a larger body fails. 0: no limit.
};

class Call final : public boost::intrusive_ref_counter<Call, boost::thread_unsafe_counter>,
                   public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  enum class State : std::uint8_t {
    kBusy,       // A step is under way; a notice will come.
    kWantsBody,  // supply() more of the request's body.
    kAnswered,   // The answer's head has come; read() its body.
    kFailed,     // refusal() says why. This may happen before the answer or in the middle of it.
  };

  Call(Client& client, Request request, std::function<void()> notify);

  // Sends the request, with the first piece of its body. REQUIRES: called once.
  void start(std::span<const std::byte> piece);
  [[nodiscard]] State state() const { return state_; }
  // How many bytes of the body are still to be supplied.
  [[nodiscard]] std::uint64_t bodyLeft() const { return body_left_; }
  // Takes up to kPieceBytes of `piece`, and returns how many. REQUIRES: state() is kWantsBody.
  std::size_t supply(std::span<const std::byte> piece);

  // The answer's status and fields. REQUIRES: state() was kAnswered.
  [[nodiscard]] std::uint16_t status() const { return status_; }
  [[nodiscard]] const AnswerFields& fields() const { return fields_; }
  // Moves bytes of the answer's body into `out`; returns their count, 0 at the end. nullopt means
  // that none has come yet: a notice will come. A failure is returned only after the bytes that
  // came before it. REQUIRES: `out` isn't empty.
  [[nodiscard]] std::optional<std::expected<std::size_t, Refusal>> read(std::span<std::byte> out);

  [[nodiscard]] const Refusal& refusal() const { return refusal_; }
  // Called by a user who drops the call: there are no more notices, and the step under way
  // ends.
  void cancel();
  // Called by the client as it is destroyed, after which the loop doesn't run any more.
  void orphan() { client_ = nullptr; }

 private:
  using Parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;
  using Self = boost::intrusive_ptr<Call>;

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
  // Decodes bytes that have come into `out`; returns how many. Fails the call where they are
  // malformed.
  std::size_t decode(std::span<std::byte> out);
  void releaseWhenWhole();
  [[nodiscard]] std::string describe(const boost::system::error_code& error) const;
  [[nodiscard]] bool fits(std::uint64_t body_bytes) const;
  [[nodiscard]] std::string tooLarge() const;
  void fail(Refusal::Kind kind, std::string message);
  // Fails for a mistake of the server's, without a notice.
  void failQuietly(std::string message);
  void tell(State state);

  Client* client_;
  const Request request_;
  std::function<void()> notify_;
  State state_ = State::kBusy;
  bool cancelled_ = false;
  Refusal refusal_;

  std::string piece_;  // The piece of the body that is being sent.
  std::uint64_t body_left_;
  bool whole_body_in_piece_ = false;

  std::unique_ptr<Connection> connection_;
  bool reused_ = false;
  bool heard_ = false;  // Whether a byte has come on this connection.
  bool eof_ = false;
  bool filling_ = false;
  boost::beast::flat_buffer in_;
  std::optional<Parser> parser_;
  std::uint64_t body_bytes_ = 0;  // How many of the answer's body were read so far.
  std::uint16_t status_ = 0;
  AnswerFields fields_;
};

}  // namespace wagi::outbound
