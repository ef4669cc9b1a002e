// A client that sends requests at fixed times, whether those before were answered or not, and
// measures each from the time at which it was due. So a server that stalls can't hide that by
// keeping the client waiting. It may keep requests to another path, an abuser's, running meanwhile.
//
//   open_loop PORT PATH RATE SECONDS [CONNECTIONS | ABUSER_PATH CONNECTIONS]
//
// Near the time of a request and until its answer it spins rather than sleeps, so that its own
// lateness stays below what it measures; that lateness is reported as well. Prints one line of
// JSON.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "client.h"

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::nanoseconds;

constexpr std::size_t kConnectionsDefault = 16;
constexpr auto kWarmUp = std::chrono::milliseconds(250);
constexpr auto kSpinBefore = std::chrono::microseconds(200);  // A sleep may end so late.
constexpr auto kSleepMax = std::chrono::milliseconds(2);      // Then abusers' answers are read.
constexpr auto kAnswerMax = std::chrono::seconds(10);

int connectUnblocking(int port) {
  const int fd = connectTo(port);
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

// A request; with `close` it is the last one of its connection.
std::string requestFor(const std::string& path, bool close) {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" +
         (close ? "Connection: close\r\n" : "") + "\r\n";
}

// A kept connection, with at most one request under way.
struct Kept {
  int fd;
  std::string answer;
  std::optional<Clock::time_point> due;  // When the request under way was to be sent.
  bool counted = false;
  bool readable = false;
};

// Whether `answer` is whole, for a server that states Content-Length.
bool isWhole(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const auto at = answer.find("Content-Length: ");
  if (at == std::string::npos || at > end) return false;
  return answer.size() >= end + 4 + std::strtoul(answer.c_str() + at + 16, nullptr, 10);
}

struct Figures {
  std::vector<double> latencies_us, lateness_us;
  std::size_t abuses = 0;
};

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = std::min(values.size() - 1, static_cast<std::size_t>(values.size() * share));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

// Tells which connections have something to read. At the highest rates, asking each of them would
// make this client the slower side.
class Readiness {
 public:
  void add(int fd, std::size_t index) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("can't poll");
  }
  void mark(std::vector<Kept>& kept) const {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll_, events, std::size(events), 0);
    for (int i = 0; i < count; ++i) kept[events[i].data.u64].readable = true;
  }

 private:
  const int epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
};

class Abusers {
 public:
  Abusers(int port, const std::string& path, std::size_t count)
      : port_(port), request_(requestFor(path, true)), fds_(count, -1) {}

  // Reads from one abuser's connection, and asks again if it was answered; whether it was.
  bool step() {
    if (fds_.empty()) return false;
    int& fd = fds_[next_++ % fds_.size()];
    bool ended = false;
    if (fd >= 0) {
      char buffer[65536];
      const auto count = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (count > 0 || (count < 0 && errno == EAGAIN)) return false;
      ::close(fd);
      ended = true;
    }
    fd = connectUnblocking(port_);
    if (::send(fd, request_.data(), request_.size(), MSG_NOSIGNAL) < 0) die("can't send");
    return ended;
  }

 private:
  const int port_;
  const std::string request_;
  std::vector<int> fds_;
  std::size_t next_ = 0;
};

Figures measure(int port, const std::string& path, nanoseconds interval, nanoseconds duration,
                std::size_t connections, Abusers abusers) {
  Figures figures;
  std::deque<Clock::time_point> due;
  std::vector<Kept> kept;
  Readiness readiness;
  for (std::size_t i = 0; i < connections; ++i) {
    kept.push_back({.fd = connectUnblocking(port), .answer = {}, .due = {}});
    readiness.add(kept.back().fd, i);
  }
  const std::string request = requestFor(path, false);
  const auto counts_from = Clock::now() + kWarmUp, end = counts_from + duration;
  auto next = Clock::now();
  std::size_t under_way = 0;
  char buffer[4096];
  for (auto now = next; now < end || (under_way + due.size() > 0 && now < end + kAnswerMax);
       now = Clock::now()) {
    for (; next <= now && next < end; next += interval) due.push_back(next);
    if (under_way > 0) readiness.mark(kept);
    for (Kept& one : kept) {
      if (!one.due && !due.empty()) {
        one.due = due.front();
        one.counted = due.front() >= counts_from;
        due.pop_front();
        if (one.counted) figures.lateness_us.push_back(nanoseconds(now - *one.due).count() / 1e3);
        if (::send(one.fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) die("can't send");
        ++under_way;
      }
      if (!one.due || !std::exchange(one.readable, false)) continue;
      const auto count = ::recv(one.fd, buffer, sizeof buffer, MSG_DONTWAIT);
      if (count == 0 || (count < 0 && errno != EAGAIN)) die("a connection was closed");
      if (count < 0) continue;
      one.answer.append(buffer, static_cast<std::size_t>(count));
      if (!isWhole(one.answer)) continue;
      if (one.answer.compare(0, 12, "HTTP/1.1 200") != 0) die("an answer is " + one.answer);
      if (one.counted) {
        figures.latencies_us.push_back(nanoseconds(Clock::now() - *one.due).count() / 1e3);
      }
      one.answer.clear();
      one.due.reset();
      --under_way;
    }
    figures.abuses += abusers.step();
    if (under_way + due.size() == 0 && next - now > kSpinBefore) {
      std::this_thread::sleep_for(std::min<nanoseconds>(next - now - kSpinBefore, kSleepMax));
    }
  }
  if (under_way + due.size() > 0) die("requests weren't answered");
  return figures;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5 || count > 7) die("usage: open_loop PORT PATH RATE SECONDS [[ABUSER] COUNT]");
  const int port = std::atoi(arguments[1]);
  const nanoseconds interval(static_cast<long>(1e9 / std::atof(arguments[3])));
  const nanoseconds duration(static_cast<long>(1e9 * std::atof(arguments[4])));
  Abusers abusers(port, count == 7 ? arguments[5] : "/",
                  count == 7 ? static_cast<std::size_t>(std::atoi(arguments[6])) : 0);
  const std::size_t connections =
      count == 6 ? std::strtoull(arguments[5], nullptr, 10) : kConnectionsDefault;
  Figures figures =
      measure(port, arguments[2], interval, duration, connections, std::move(abusers));
  auto& latencies = figures.latencies_us;
  std::printf(
      "{\"requests\": %zu, \"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": "
      "%.1f, "
      "\"max_us\": %.1f, \"late_p99_us\": %.1f, \"abuses\": %zu}\n",
      latencies.size(), percentile(latencies, 0.5), percentile(latencies, 0.9),
      percentile(latencies, 0.99), percentile(latencies, 0.999), percentile(latencies, 1),
      percentile(figures.lateness_us, 0.99), figures.abuses);
}
