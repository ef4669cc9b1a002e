// Tells which sanitizer this build has, for code and tests that must allow for it. A build with one
// is for tests, never for serving.
#pragma once

#if defined(__has_feature)  // clang
#define WAGI_HAS_FEATURE(name) __has_feature(name)
#else  // gcc has macros of its own instead.
#define WAGI_HAS_FEATURE(name) 0
#endif

#if WAGI_HAS_FEATURE(address_sanitizer) || defined(__SANITIZE_ADDRESS__)
#define WAGI_ADDRESS_SANITIZER 1  // A macro, for tests that no other build may contain.
#else
#define WAGI_ADDRESS_SANITIZER 0
#endif

namespace wagi {

// AddressSanitizer maps shadow memory for the whole address space, and holds freed memory back.
inline constexpr bool kAddressSanitizer = WAGI_ADDRESS_SANITIZER != 0;

// ThreadSanitizer has shadow memory too, runs a thread of its own in every process, and delays
// signals until the next system call.
#if WAGI_HAS_FEATURE(thread_sanitizer) || defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace wagi
