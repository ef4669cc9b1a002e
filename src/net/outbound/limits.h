// What one outbound request, and all of a worker's together, may take of the host. Times are those
// of one step; the whole is bounded by the wall_ms_max of the request that the guest answers.
#pragma once

#include <chrono>
#include <cstddef>

namespace wagi::outbound {

// Of a URL; past it the request fails.
inline constexpr std::size_t kUrlBytesMax = 8 << 10;
// Of a method's name.
inline constexpr std::size_t kMethodBytesMax = 32;
// Of the headers that a guest gives.
inline constexpr std::size_t kRequestFieldsBytesMax = 64 << 10;
// Of an answer's head; past it the request fails.
inline constexpr std::size_t kHeadBytesMax = 64 << 10;
// Interim answers (100 Continue, 103 Early Hints) before the answer.
inline constexpr int kInterimAnswersMax = 8;
// Of a request's body at once: the guest hands over the next piece when this one is sent.
inline constexpr std::size_t kPieceBytes = 64 << 10;
// Of an answer, read before the guest asks for it; and of framing that doesn't end, such as a
// chunk's extensions.
inline constexpr std::size_t kReadBytes = 16 << 10;
inline constexpr std::size_t kFramingBytesMax = 128 << 10;
// Connections that are being made for one worker, and for one route of it; others wait in line.
inline constexpr std::size_t kConnectsMax = 128;
inline constexpr std::size_t kConnectsOfRouteMax = 32;
// Of one route, those that wait included; past it a request fails.
inline constexpr std::size_t kConnectsAskedMax = 250;
// Connections of one worker, those in use among them; past it a request fails.
inline constexpr std::size_t kConnectionsMax = 1'000;
// Those kept for later requests: to one origin, and in all.
inline constexpr std::size_t kIdleOfOriginMax = 32;
inline constexpr std::size_t kIdleMax = 256;

struct Times {
  std::chrono::milliseconds connect_max{10'000};  // To look up the name, connect, and begin TLS.
  std::chrono::milliseconds answer_max{60'000};   // From the request's end to the answer's head.
  std::chrono::milliseconds silence_max{30'000};  // Of a peer that should send or take bytes.
  std::chrono::milliseconds idle_max{15'000};     // Of a connection that is kept.
};

}  // namespace wagi::outbound
