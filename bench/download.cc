// Measures how fast a server can send. The kernel drops the bytes without copying them (MSG_TRUNC),
// so that this client costs less than any server.
//
//   download PORT PATH BODY_BYTES CONNECTIONS SECONDS
//
// Each connection asks once and is closed by the server; then another takes its place, until the
// time is over and the last downloads are complete. Prints one line of JSON.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "client.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kSilenceMsMax = 10'000;
constexpr std::size_t kTakenMax = 1 << 20;  // The most bytes that one call takes.
constexpr std::string_view kOk = "HTTP/1.1 200 ";

int ask(int port, const std::string& path) {
  const int fd = connectTo(port);
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) die("can't send");
  return fd;
}

// Checks the status line, which is the only part of an answer that is looked at.
void checkStatus(int fd) {
  char start[kOk.size()];
  if (::recv(fd, start, sizeof start, MSG_WAITALL) != static_cast<ssize_t>(sizeof start) ||
      std::string_view(start, sizeof start) != kOk) {
    die("the answer isn't a 200");
  }
}

struct Download {
  int fd = -1;
  std::uint64_t bytes = 0;
};

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) die("usage: download PORT PATH BODY_BYTES CONNECTIONS SECONDS");
  const int port = std::atoi(arguments[1]);
  const std::string path = arguments[2];
  const std::uint64_t body_bytes = std::strtoull(arguments[3], nullptr, 10);
  std::vector<Download> downloads(std::strtoull(arguments[4], nullptr, 10));
  std::vector<pollfd> polled(downloads.size());
  const auto began = Clock::now();
  const auto end = began + std::chrono::seconds(std::atoi(arguments[5]));
  for (Download& one : downloads) one.fd = ask(port, path);

  std::uint64_t whole = 0;
  for (std::size_t open = downloads.size(); open > 0;) {
    for (std::size_t i = 0; i < downloads.size(); ++i) polled[i] = {downloads[i].fd, POLLIN, 0};
    if (::poll(polled.data(), polled.size(), kSilenceMsMax) <= 0) die("nothing comes any more");
    for (std::size_t i = 0; i < downloads.size(); ++i) {
      if (polled[i].revents == 0) continue;
      Download& one = downloads[i];
      if (one.bytes == 0) checkStatus(one.fd);
      const ssize_t taken = ::recv(one.fd, nullptr, kTakenMax, MSG_TRUNC | MSG_DONTWAIT);
      if (taken < 0 && errno != EAGAIN) die("a download broke off");
      if (one.bytes == 0) one.bytes = kOk.size();
      if (taken > 0) one.bytes += static_cast<std::uint64_t>(taken);
      if (taken != 0) continue;
      if (one.bytes < body_bytes) die("a download is short");
      ++whole;
      ::close(one.fd);
      one = {};
      if (Clock::now() < end) {
        one.fd = ask(port, path);
      } else {
        --open;
      }
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  std::printf("{\"downloads\": %llu, \"seconds\": %.6f, \"mb_per_s\": %.3f}\n",
              static_cast<unsigned long long>(whole), seconds,
              static_cast<double>(whole) * static_cast<double>(body_bytes) / seconds / 1e6);
}
