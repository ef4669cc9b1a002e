// Limits on what one instance, or one call of it, may ask of the host. A host call isn't
// interrupted, so a limit on a call, or on a piece of it, bounds how long others wait for the
// worker. fd_sync has no such bound, since it waits for the disk.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wagi::wasi {

// How many descriptors an instance may open beside its streams and preopened folders; past it
// MFILE.
inline constexpr std::size_t kOpenFilesMax = 256;
// All guests of a process together may open files up to its limit on descriptors divided by this,
// so that some are left for connections; past it NFILE.
inline constexpr std::size_t kGuestsDescriptorsDivisor = 2;
// How many buffers one read or write looks at; it ignores further ones.
inline constexpr std::size_t kIovecsMax = 64;
// How many bytes one read or write moves, in about 0.1 ms; the returned count says so.
inline constexpr std::size_t kTransferBytesMax = 512 << 10;
// How many bytes one random_get may ask for; past it INVAL.
inline constexpr std::size_t kRandomBytesMax = 1 << 20;
// How many of them are made at once, in about 0.1 ms; then others run.
inline constexpr std::size_t kRandomPieceBytes = 32 << 10;
// How many bytes one fd_allocate may ask for, which memory-backed file systems clear; past it FBIG.
inline constexpr std::uint64_t kAllocateBytesMax = 256 << 20;
// How many of them are allocated at once; then others run.
inline constexpr std::uint64_t kAllocatePieceBytes = 1 << 20;
// The buffer of one fd_readdir. A call that fills less of its buffer says that the directory is at
// its end, so a larger one can't be served in part: INVAL.
inline constexpr std::size_t kReaddirBytesMax = 256 << 10;
// How many of them are filled at once, in about 0.1 ms; then others run.
inline constexpr std::size_t kReaddirPieceBytes = 8 << 10;
// How many cookies of fd_readdir all descriptors of one instance keep, in 2 MiB at most. Past it an
// entry's cookie is the kernel's position, from which readdir(3) goes on, but which telldir(3)
// can't return.
inline constexpr std::size_t kCookiesMax = 64 << 10;
// How many subscriptions one poll_oneoff may have; past it INVAL.
inline constexpr std::size_t kSubscriptionsMax = 1024;

}  // namespace wagi::wasi
