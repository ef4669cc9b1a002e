// Which sanitizer this build has, where that changes what a process is or what a test can expect.
// Such a build is for tests, never for serving.
#pragma once

#if defined(__has_feature)  // clang
#define WAGI_HAS_FEATURE(name) __has_feature(name)
#else  // gcc has macros of its own instead.
#define WAGI_HAS_FEATURE(name) 0
#endif

#if WAGI_HAS_FEATURE(address_sanitizer) || defined(__SANITIZE_ADDRESS__)
#define WAGI_ADDRESS_SANITIZER 1  // For a test that no other build should have.
#else
#define WAGI_ADDRESS_SANITIZER 0
#endif

namespace wagi {

// AddressSanitizer has a map of all memory, and keeps what was freed.
inline constexpr bool kAddressSanitizer = WAGI_ADDRESS_SANITIZER != 0;

// ThreadSanitizer has such a map and a thread of its own in every process, and holds signals back
// until the next system call.
#if WAGI_HAS_FEATURE(thread_sanitizer) || defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitizer = true;
#else
inline constexpr bool kThreadSanitizer = false;
#endif

}  // namespace wagi
