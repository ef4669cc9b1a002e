// Limits on one outbound request, and on all of a worker's together. Timeouts are limits on one
// step; wall_ms_max, of the request that the guest answers, bounds the whole.
#pragma once

#include <chrono>
#include <cstddef>

namespace wagi::outbound {

// The longest URL; a request with a longer one fails.
inline constexpr std::size_t kUrlBytesMax = 8 << 10;
// The longest name of a method.
inline constexpr std::size_t kMethodBytesMax = 32;
// The most headers that a guest gives, in bytes.
inline constexpr std::size_t kRequestFieldsBytesMax = 64 << 10;
// The largest head of an answer; past it the request fails.
inline constexpr std::size_t kHeadBytesMax = 64 << 10;
// The most interim answers (100 Continue, 103 Early Hints) before the answer.
inline constexpr int kInterimAnswersMax = 8;
// The largest piece of a request's body: the guest hands over another when one is sent.
inline constexpr std::size_t kPieceBytes = 64 << 10;
// How much of an answer is read before the guest asks for it; and how much framing may come without
// an end, such as a chunk's extensions.
inline constexpr std::size_t kReadBytes = 16 << 10;
inline constexpr std::size_t kFramingBytesMax = 128 << 10;
// How many connections are being made at once for one worker, and for one route of it; others wait.
inline constexpr std::size_t kConnectsMax = 128;
inline constexpr std::size_t kConnectsOfRouteMax = 32;
// How many connections one route may ask for at once, waiting ones included; past it a request
// fails.
inline constexpr std::size_t kConnectsAskedMax = 250;
// How many connections one worker may have, in use or kept; past it a request fails.
inline constexpr std::size_t kConnectionsMax = 1'000;
// How many connections are kept for later requests: to one origin, and in all.
inline constexpr std::size_t kIdleOfOriginMax = 32;
inline constexpr std::size_t kIdleMax = 256;

struct Timeouts {
  std::chrono::milliseconds connect_max{10'000};  // For name look-up, connecting and beginning TLS.
  std::chrono::milliseconds answer_max{60'000};   // From the request's end to the answer's head.
  std::chrono::milliseconds silence_max{30'000};  // Without a byte that a peer should send or take.
  std::chrono::milliseconds idle_max{15'000};     // How long an unused connection is kept.
};

}  // namespace wagi::outbound
