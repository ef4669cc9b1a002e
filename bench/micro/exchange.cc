// A request over a connection that is kept: its bytes to its answer's, through the event loop, with
// a handler that does as good as nothing.
#include <sys/socket.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "micro.h"
#include "net/http/connections.h"
#include "net/loop/loop.h"

namespace wagi::micro {
namespace {

constexpr std::string_view kRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1:3000\r\n\r\n";
constexpr std::string_view kBody = "Hello, world\n";
constexpr int kYields = 10;

void answer(http::Exchange& exchange) {
  const Field type{"Content-Type", "text/plain"};
  exchange.start({200, {}, {&type, 1}});
  exchange.write(std::as_bytes(std::span(kBody)));
  exchange.end();
}

// Computes for a while, as guests do.
class Yields final : public http::Task {
 public:
  explicit Yields(http::Exchange& exchange) : exchange_(exchange) {}
  boost::asio::awaitable<void> run() override {
    for (int i = 0; i < kYields; ++i) {
      co_await exchange_.waiter().yield(loop::RunQueue::Place::kBack);
    }
    answer(exchange_);
  }

 private:
  http::Exchange& exchange_;
};

class AtOnce final : public http::Handler {
 public:
  std::unique_ptr<http::Task> begin(http::Exchange& exchange) override {
    answer(exchange);
    return nullptr;
  }
};

class AfterYields final : public http::Handler {
 public:
  std::unique_ptr<http::Task> begin(http::Exchange& exchange) override {
    return std::make_unique<Yields>(exchange);
  }
};

template <class Handler>
void serve(benchmark::State& state) {
  const SystemClock clock;
  boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  loop::Loop loop(io, clock);
  Handler handler;
  http::Connections connections(loop, handler, {}, [] {});
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    std::abort();
  }
  const UniqueFd client(ends[0]);
  connections.add(UniqueFd(ends[1]), AF_UNIX, "127.0.0.1", nullptr);
  std::array<char, 4096> received;
  for (auto _ : state) {
    if (::send(client.get(), kRequest.data(), kRequest.size(), 0) < 0) std::abort();
    while (::recv(client.get(), received.data(), received.size(), 0) <= 0) io.run_one();
  }
}

}  // namespace

std::vector<Benchmark> exchangeBenchmarks() {
  return {Benchmark{"exchange/at-once", serve<AtOnce>},
          Benchmark{"exchange/after-10-yields", serve<AfterYields>}};
}

}  // namespace wagi::micro
