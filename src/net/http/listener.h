// Takes connections from one listening socket.
#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <memory>

#include "base/unique_fd.h"

namespace wagi::http {

class Connections;
class TlsContext;

// The socket may be shared with other processes. One connection is taken for each round of the
// loop, so that the processes share a burst instead of the first one taking all of it. Owned by
// the Server; destroying it stops accepting.
class Listener {
 public:
  // How long to wait when the process or the machine is out of something.
  static constexpr std::chrono::milliseconds kBackOff{100};

  // Borrows `connections` and `tls` (null: plain).
  Listener(boost::asio::io_context& io, UniqueFd socket, const TlsContext* tls,
           Connections& connections);

  // Goes on accepting, after it had stopped because there were too many connections.
  void resume();

 private:
  void wait();
  void backOff();
  void accept();

  boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> socket_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      timer_;
  const TlsContext* const tls_;
  Connections& connections_;
  bool waiting_ = false;      // For a connection, or for the end of a back-off.
  bool backing_off_ = false;  // Said so already.
  // Expires with this: a callback that the loop holds already can't be taken back.
  std::shared_ptr<void> alive_ = std::make_shared<char>();
};

}  // namespace wagi::http
