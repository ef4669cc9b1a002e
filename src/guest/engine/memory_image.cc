#include "guest/engine/memory_image.h"

#include <fcntl.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace wagi::engine {

Result<MemoryImage> MemoryImage::map(int fd, const CodeNotes& notes) {
  MemoryImage image;
  if (notes.image_bytes == 0) return image;
  image.offset_ = static_cast<off_t>(notes.image_offset);
  void* const at = ::mmap(nullptr, notes.image_bytes, PROT_READ, MAP_PRIVATE, fd, image.offset_);
  if (at == MAP_FAILED) {
    return fail(std::string("its memory can't be mapped: ") + std::strerror(errno));
  }
  image.bytes_ = {static_cast<const std::byte*>(at), notes.image_bytes};
  image.address_ = notes.image_address;
  if (notes.image_bytes > kCopiedBytesMax) {
    image.fd_.reset(::fcntl(fd, F_DUPFD_CLOEXEC, 0));  // Without one, it is copied all the same.
  }
  return image;
}

MemoryImage::MemoryImage(MemoryImage&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})),
      address_(other.address_),
      fd_(std::move(other.fd_)),
      offset_(other.offset_) {}

MemoryImage::~MemoryImage() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

bool MemoryImage::mapInto(std::byte* base) const {
  if (bytes_.empty()) return true;
  std::byte* const at = base + address_;
  if (fd_) {
    return ::mmap(at, bytes_.size(), PROT_READ, MAP_PRIVATE | MAP_FIXED, fd_.get(), offset_) == at;
  }
  if (::mprotect(at, bytes_.size(), PROT_READ | PROT_WRITE) != 0) return false;
  std::memcpy(at, bytes_.data(), bytes_.size());
  return ::mprotect(at, bytes_.size(), PROT_READ) == 0;
}

}  // namespace wagi::engine
