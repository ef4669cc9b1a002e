#include "guest/wasi/fd_table.h"

#include <cassert>
#include <utility>

#include "guest/wasi/limits.h"

namespace wagi::wasi {
namespace {

constexpr std::uint32_t kFirstPreopen = 3;
constexpr Rights kStreamRights =
    rights::kFdFdstatSetFlags | rights::kFdFilestatGet | rights::kPollFdReadwrite;

// The type of a stream. One that isn't a terminal is UNKNOWN, since every other type misleads some
// program: libc takes a character device that can't seek for a terminal, and sends each line by
// itself; a regular file would be sought in; and Go reads a stream socket by sock_recv.
Filetype streamType(bool terminal) {
  return terminal ? Filetype::kCharacterDevice : Filetype::kUnknown;
}

Descriptor inputStream(const Input& input) {
  Descriptor d;
  d.kind = Descriptor::Kind::kInput;
  d.filetype = streamType(input.terminal());
  d.base = kStreamRights | rights::kFdRead;
  return d;
}

Descriptor outputStream(Output& output) {
  Descriptor d;
  d.kind = Descriptor::Kind::kOutput;
  d.filetype = streamType(output.terminal());
  d.base = kStreamRights | rights::kFdWrite;
  d.output = &output;
  return d;
}

Descriptor preopenedFolder(const Preopen& preopen) {
  Descriptor d;
  d.kind = Descriptor::Kind::kDirectory;
  d.filetype = Filetype::kDirectory;
  d.read_only = preopen.read_only;
  d.special_files = preopen.special_files;
  d.base = rights::kDirectory;
  // A read-only volume has the rights to write too: libc asks only for rights that it sees here,
  // and an open for writing should give ROFS rather than a file that can't be written.
  d.inheriting = rights::kDirectory | rights::kFile;
  d.preopen = &preopen;
  return d;
}

Errno lacking(Rights base, Rights needed) {
  const Rights access = needed & (rights::kFdRead | rights::kFdWrite);
  return (base & access) != access ? Errno::kBadf : Errno::kNotcapable;
}

}  // namespace

void FdTable::fill() {
  slots_.reserve(kFirstPreopen + invocation_.preopens.size() + 1);
  slots_.emplace_back(inputStream(invocation_.in));
  slots_.emplace_back(outputStream(invocation_.out));
  slots_.emplace_back(outputStream(invocation_.err));
  for (const Preopen& preopen : invocation_.preopens) {
    slots_.emplace_back(preopenedFolder(preopen));
  }
}

std::expected<Descriptor*, Errno> FdTable::any(std::uint32_t fd, Rights needed) {
  Descriptor* const d = find(fd);
  if (d == nullptr) return std::unexpected(Errno::kBadf);
  if (d->read_only && (needed & rights::kChanges) != 0) return std::unexpected(Errno::kRofs);
  if ((d->base & needed) != needed) return std::unexpected(lacking(d->base, needed));
  return d;
}

std::expected<Descriptor*, Errno> FdTable::directory(std::uint32_t fd, Rights needed) {
  const Descriptor* const d = find(fd);
  if (d != nullptr && d->kind != Descriptor::Kind::kDirectory) {
    return std::unexpected(Errno::kNotdir);
  }
  return any(fd, needed);
}

std::expected<Descriptor*, Errno> FdTable::file(std::uint32_t fd, Rights needed) {
  const Descriptor* const d = find(fd);
  if (d != nullptr && d->kind != Descriptor::Kind::kFile) return std::unexpected(Errno::kBadf);
  return any(fd, needed);
}

std::size_t FdTable::cookiesKept() const {
  std::size_t kept = 0;
  for (const auto& slot : slots_) {
    if (slot && slot->cookies) kept += slot->cookies->size();
  }
  return kept;
}

bool FdTable::full() {
  if (slots_.empty()) fill();
  const std::size_t slots_max = kFirstPreopen + invocation_.preopens.size() + kOpenFilesMax;
  if (slots_.size() < slots_max) return false;
  for (const auto& slot : slots_) {
    if (!slot) return false;
  }
  return true;
}

std::uint32_t FdTable::insert(Descriptor descriptor) {
  assert(!full());
  for (std::uint32_t fd = 0; fd < slots_.size(); ++fd) {
    if (slots_[fd]) continue;
    slots_[fd] = std::move(descriptor);
    return fd;
  }
  slots_.emplace_back(std::move(descriptor));
  return static_cast<std::uint32_t>(slots_.size() - 1);
}

Errno FdTable::close(std::uint32_t fd) {
  if (find(fd) == nullptr) return Errno::kBadf;
  slots_[fd].reset();
  return Errno::kSuccess;
}

Errno FdTable::renumber(std::uint32_t from, std::uint32_t to) {
  if (find(from) == nullptr || find(to) == nullptr) return Errno::kBadf;
  if (from == to) return Errno::kSuccess;
  slots_[to] = std::move(slots_[from]);
  slots_[from].reset();
  return Errno::kSuccess;
}

}  // namespace wagi::wasi
