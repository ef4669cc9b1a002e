// Reading, writing and positioning of streams and files.
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

#include "guest/wasi/buffers.h"
#include "guest/wasi/errno.h"
#include "guest/wasi/functions.h"

namespace wagi::wasi {
namespace {

constexpr U64 kOffsetMax = std::numeric_limits<off_t>::max();

// Gives the guest the result of a system call that moved `count` bytes, or failed with a negative
// one.
// REQUIRES: size_at is within memory.
Errno finish(const Call& call, ssize_t count, U32 size_at) {
  if (count < 0) return fromHost(errno);
  return call.memory.store(size_at, static_cast<U32>(count)) ? Errno::kSuccess : Errno::kFault;
}

Attempt readStream(const Call& call, const Buffers& buffers, std::uint16_t flags, U32 size_at) {
  Input& input = call.invocation().in;
  std::size_t moved = 0;
  for (const iovec& item : buffers.items()) {
    const auto got = input.read({static_cast<std::byte*>(item.iov_base), item.iov_len});
    if (!got && moved == 0) {
      if ((flags & kFdflagsNonblock) != 0) return Errno::kAgain;
      return std::unexpected(EventWait{.in = true});
    }
    moved += got.value_or(0);
    if (got.value_or(0) < item.iov_len) break;
  }
  return finish(call, static_cast<ssize_t>(moved), size_at);
}

// Writes without ever waiting: a suspension that the output asks for comes after the call, where
// the guest next checks its epoch.
Output::Written writePiece(const Call& call, Output& output, std::span<const std::byte> bytes) {
  Output::Written written = output.write(bytes);
  if (written.status == Output::Status::kFilled) {
    call.host.suspendAtNextCheck(call.roomIn(output));
    written.status = Output::Status::kOk;
  } else if (written.status == Output::Status::kFailed) {
    call.host.suspendAtNextCheck(OutputFailed{});
    written.status = Output::Status::kOk;
  }
  return written;
}

// A buffer as it is, or, for a guest that wants to wait for nothing, as much of it as has room.
Output::Written writeBuffer(const Call& call, Output& output, std::span<const std::byte> bytes,
                            std::uint16_t flags) {
  if ((flags & kFdflagsNonblock) == 0) return writePiece(call, output, bytes);
  Output::Written all;
  while (all.count < bytes.size()) {
    if (!output.writable()) return {all.count, Output::Status::kAgain};
    const auto rest = bytes.subspan(all.count);
    const auto piece =
        writePiece(call, output, rest.first(std::min(rest.size(), Output::kPieceBytes)));
    all.count += piece.count;
    all.status = piece.status;
    if (piece.status != Output::Status::kOk || piece.count == 0) break;
  }
  return all;
}

Errno writeStream(const Call& call, const Descriptor& stream, const Buffers& buffers, U32 size_at) {
  std::size_t moved = 0;
  for (const iovec& item : buffers.items()) {
    const auto written =
        writeBuffer(call, *stream.output,
                    {static_cast<const std::byte*>(item.iov_base), item.iov_len}, stream.flags);
    moved += written.count;
    if (moved == 0 && written.status == Output::Status::kAgain) return Errno::kAgain;
    if (moved == 0 && written.status == Output::Status::kClosed) return Errno::kPipe;
    if (written.count < item.iov_len) break;
  }
  return finish(call, static_cast<ssize_t>(moved), size_at);
}

// A file and the buffers of a positioned read or write.
std::expected<int, Errno> prepare(Call& call, Buffers& buffers, Buffers::Use use, U32 fd, U32 iovs,
                                  U32 count, U64 offset, U32 size_at) {
  const Rights needed = use == Buffers::Use::kWrite ? rights::kFdRead : rights::kFdWrite;
  const Descriptor* const d = call.fds().find(fd);
  if (d != nullptr && (d->base & needed) == 0) return std::unexpected(Errno::kBadf);
  if (d != nullptr && d->kind != Descriptor::Kind::kFile) return std::unexpected(Errno::kSpipe);
  const auto file = call.fds().file(fd, needed);
  if (!file) return std::unexpected(file.error());
  if (!call.memory.contains(size_at, sizeof(U32))) return std::unexpected(Errno::kFault);
  if (offset > kOffsetMax) return std::unexpected(Errno::kInval);
  if (const Errno error = buffers.gather(call, use, iovs, count); error != Errno::kSuccess) {
    return std::unexpected(error);
  }
  return (*file)->host();
}

// lseek(2)'s name for a guest's whence; snapshot 0 counts them differently.
std::optional<int> hostWhence(Abi abi, U32 whence) {
  constexpr int kSnapshot0[] = {SEEK_CUR, SEEK_END, SEEK_SET};
  constexpr int kSnapshot1[] = {SEEK_SET, SEEK_CUR, SEEK_END};
  if (whence > 2) return std::nullopt;
  return abi == Abi::kSnapshot0 ? kSnapshot0[whence] : kSnapshot1[whence];
}

Errno seek(Call& call, U32 fd, I64 offset, int whence, Rights needed, U32 offset_at) {
  const Descriptor* const d = call.fds().find(fd);
  const bool stream =
      d != nullptr && d->kind != Descriptor::Kind::kFile && d->kind != Descriptor::Kind::kDirectory;
  if (stream || (d != nullptr && d->terminal())) return Errno::kSpipe;
  const auto file = call.fds().file(fd, needed);
  if (!file) return file.error();
  if (!call.memory.contains(offset_at, sizeof(U64))) return Errno::kFault;
  const off_t now = ::lseek((*file)->host(), offset, whence);
  if (now < 0) return fromHost(errno);
  return call.memory.store(offset_at, static_cast<U64>(now)) ? Errno::kSuccess : Errno::kFault;
}

}  // namespace

Attempt fdRead(Call& call, U32 fd, U32 iovs, U32 count, U32 size_at) {
  const auto source = call.fds().any(fd, rights::kFdRead);
  if (!source) return source.error();
  if (!call.memory.contains(size_at, sizeof(U32))) return Errno::kFault;
  Buffers buffers;
  const Errno fault = buffers.gather(call, Buffers::Use::kWrite, iovs, count);
  if (fault != Errno::kSuccess) return fault;
  if (buffers.items().empty()) return finish(call, 0, size_at);
  if ((*source)->kind == Descriptor::Kind::kInput) {
    return readStream(call, buffers, (*source)->flags, size_at);
  }
  const int host = (*source)->host();
  const ssize_t got = uninterrupted([&] { return ::readv(host, buffers.data(), buffers.count()); });
  return finish(call, got, size_at);
}

Errno fdWrite(Call& call, U32 fd, U32 iovs, U32 count, U32 size_at) {
  const auto target = call.fds().any(fd, rights::kFdWrite);
  if (!target) return target.error();
  if (!call.memory.contains(size_at, sizeof(U32))) return Errno::kFault;
  Buffers buffers;
  const Errno fault = buffers.gather(call, Buffers::Use::kRead, iovs, count);
  if (fault != Errno::kSuccess) return fault;
  if (buffers.items().empty()) return finish(call, 0, size_at);
  if ((*target)->kind == Descriptor::Kind::kOutput) {
    return writeStream(call, **target, buffers, size_at);
  }
  const int host = (*target)->host();
  const ssize_t put =
      uninterrupted([&] { return ::writev(host, buffers.data(), buffers.count()); });
  return finish(call, put, size_at);
}

Errno fdPread(Call& call, U32 fd, U32 iovs, U32 count, U64 offset, U32 size_at) {
  Buffers buffers;
  const auto host = prepare(call, buffers, Buffers::Use::kWrite, fd, iovs, count, offset, size_at);
  if (!host) return host.error();
  const ssize_t got = uninterrupted(
      [&] { return ::preadv(*host, buffers.data(), buffers.count(), static_cast<off_t>(offset)); });
  return finish(call, got, size_at);
}

Errno fdPwrite(Call& call, U32 fd, U32 iovs, U32 count, U64 offset, U32 size_at) {
  Buffers buffers;
  const auto host = prepare(call, buffers, Buffers::Use::kRead, fd, iovs, count, offset, size_at);
  if (!host) return host.error();
  const ssize_t put = uninterrupted([&] {
    return ::pwritev(*host, buffers.data(), buffers.count(), static_cast<off_t>(offset));
  });
  return finish(call, put, size_at);
}

Errno fdSeek(Call& call, U32 fd, I64 offset, U32 whence, U32 offset_at) {
  const auto host = hostWhence(call.abi, whence);
  if (!host) return Errno::kInval;
  // Asking where one is takes no right to move.
  const bool asks = *host == SEEK_CUR && offset == 0;
  return seek(call, fd, offset, *host, asks ? rights::kFdTell : rights::kFdSeek, offset_at);
}

Errno fdTell(Call& call, U32 fd, U32 offset_at) {
  return seek(call, fd, 0, SEEK_CUR, rights::kFdTell, offset_at);
}

Errno fdSync(Call& call, U32 fd) {
  const auto d = call.fds().any(fd, rights::kFdSync);
  if (!d) return d.error();
  if ((*d)->preopen == nullptr) return outcome(::fsync((*d)->host()));
  // A preopen may be O_PATH, which can't be synced itself.
  const UniqueFd folder(::openat((*d)->host(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder ? outcome(::fsync(folder.get())) : fromHost(errno);
}

Errno fdDatasync(Call& call, U32 fd) {
  const auto file = call.fds().file(fd, rights::kFdDatasync);
  return file ? outcome(::fdatasync((*file)->host())) : file.error();
}

Errno fdAdvise(Call& call, U32 fd, U64 offset, U64 length, U32 advice) {
  constexpr int kAdvice[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                             POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  if (advice >= std::size(kAdvice)) return Errno::kInval;
  const auto file = call.fds().file(fd, rights::kFdAdvise);
  if (!file) return file.error();
  if (offset > kOffsetMax || length > kOffsetMax) return Errno::kInval;
  return fromHost(::posix_fadvise((*file)->host(), static_cast<off_t>(offset),
                                  static_cast<off_t>(length), kAdvice[advice]));
}

Attempt fdAllocate(Call& call, U32 fd, U64 offset, U64 length) {
  const auto file = call.fds().file(fd, rights::kFdAllocate);
  if (!file) return file.error();
  if (offset > kOffsetMax || length > kOffsetMax) return Errno::kInval;
  if (length > kAllocateBytesMax) return Errno::kFbig;
  // Not posix_fallocate(3): where the file system can't, that writes every block.
  const int host = (*file)->host();
  U64& done = call.progress->done;
  // None of nothing, either: what that is answered with is the kernel's to say.
  const U64 piece = std::min<U64>(kAllocatePieceBytes, length - done);
  const Errno error = outcome(uninterrupted([&] {
    return ::fallocate(host, 0, static_cast<off_t>(offset + done), static_cast<off_t>(piece));
  }));
  done += piece;
  if (error == Errno::kSuccess && done < length) return std::unexpected(BetweenPieces{});
  return error;
}

}  // namespace wagi::wasi
