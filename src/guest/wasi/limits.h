// The most that one instance, or one call of it, may ask of the host. A host call isn't
// interrupted, so what bounds a call, or a piece of it, bounds how long others wait for the worker.
// The disk has no such bound: fd_sync waits for it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace wagi::wasi {

// Descriptors of one instance beside its streams and preopened folders; past it MFILE.
inline constexpr std::size_t kOpenFilesMax = 256;
// The part of the process's descriptors that the files of all its guests together may take, so that
// connections find some: one in so many; past it NFILE.
inline constexpr std::size_t kGuestsDescriptorsDivisor = 2;
// Buffers that one read or write looks at; those past it are left to the next call.
inline constexpr std::size_t kIovecsMax = 64;
// Bytes that one read or write moves, about 0.1 ms; the count returned says so.
inline constexpr std::size_t kTransferBytesMax = 512 << 10;
// Bytes of one random_get; past it INVAL.
inline constexpr std::size_t kRandomBytesMax = 1 << 20;
// As many of them come at once, in about 0.1 ms; then others run.
inline constexpr std::size_t kRandomPieceBytes = 32 << 10;
// Bytes of one fd_allocate, which memory-backed file systems clear; past it FBIG.
inline constexpr std::uint64_t kAllocateBytesMax = 256 << 20;
// As many of them at once; then others run.
inline constexpr std::uint64_t kAllocatePieceBytes = 1 << 20;
// The buffer of one fd_readdir. A call that fills less of its buffer says that the directory is at
// its end, so a larger one can't be served in part: INVAL.
inline constexpr std::size_t kReaddirBytesMax = 256 << 10;
// As many of them are filled at once, in about 0.1 ms; then others run.
inline constexpr std::size_t kReaddirPieceBytes = 8 << 10;
// Cookies of fd_readdir that all descriptors of one instance keep, in 2 MiB at most; past it an
// entry has the kernel's position for a cookie, which readdir(3) goes on by and telldir(3) can't
// give.
inline constexpr std::size_t kCookiesMax = 64 << 10;
// Subscriptions of one poll_oneoff; past it INVAL.
inline constexpr std::size_t kSubscriptionsMax = 1024;

}  // namespace wagi::wasi
