#include "guest/engine/code_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace wagi::engine {
namespace {

constexpr std::array<char, 16> kMagic{"wagi code notes"};
constexpr std::size_t kReasonBytesMax = 1'000;

// The notes as they are in the file, followed by the reason and, in pages of its own, the image.
struct Header {
  std::array<char, 16> magic = kMagic;
  std::uint32_t instances = 0;
  std::uint32_t reason_bytes = 0;
  std::uint64_t image_offset = 0;
  std::uint64_t image_bytes = 0;
  std::uint64_t image_address = 0;
  std::uint64_t table_elements = 0;
};

std::uint64_t roundUp(std::uint64_t bytes, std::uint64_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

template <class T>
std::optional<T> readAt(int fd, std::uint64_t at) {
  T value;
  if (::pread(fd, &value, sizeof value, static_cast<off_t>(at)) != sizeof value) {
    return std::nullopt;
  }
  return value;
}

// The table of sections is the last thing in an ELF file of Wasmtime's; a test holds that.
std::uint64_t endOf(const Elf64_Ehdr& elf) {
  return elf.e_shoff + std::uint64_t{elf.e_shnum} * elf.e_shentsize;
}

std::uint64_t notesAt(const Elf64_Ehdr& elf) { return roundUp(endOf(elf), alignof(Header)); }

Result<CodeNotes> readNotes(int fd) {
  constexpr auto kOther = "it isn't compiled code of this version";
  struct stat status{};
  const auto elf = readAt<Elf64_Ehdr>(fd, 0);
  if (!elf || ::fstat(fd, &status) != 0) return fail(kOther);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (elf->e_shoff >= size) return fail(kOther);
  const auto header = readAt<Header>(fd, notesAt(*elf));
  if (!header || header->magic != kMagic || header->reason_bytes > kReasonBytesMax ||
      header->instances > static_cast<std::uint32_t>(Instances::kPooled)) {
    return fail(kOther);
  }
  const bool has_image = header->image_bytes != 0;
  if (has_image &&
      (header->image_offset > size || header->image_bytes > size - header->image_offset)) {
    return fail("its end is missing");
  }
  CodeNotes notes{.instances = static_cast<Instances>(header->instances),
                  .reason = std::string(header->reason_bytes, '\0'),
                  .image_offset = header->image_offset,
                  .image_bytes = header->image_bytes,
                  .image_address = header->image_address,
                  .table_elements = header->table_elements};
  const auto reason_at = static_cast<off_t>(notesAt(*elf) + sizeof *header);
  if (::pread(fd, notes.reason.data(), notes.reason.size(), reason_at) !=
      static_cast<ssize_t>(notes.reason.size())) {
    return fail(kOther);
  }
  return notes;
}

}  // namespace

std::string_view nameOf(Instances instances) {
  switch (instances) {
    case Instances::kKept:
      return "kept";
    case Instances::kNew:
      return "new";
    case Instances::kPooled:
      return "pooled";
  }
  return "";
}

std::string writeCodeFile(std::string machine_code, Instances instances, std::string_view reason,
                          std::string_view image, std::uint64_t table_elements) {
  reason = reason.substr(0, kReasonBytesMax);
  const std::size_t first = image.find_first_not_of('\0');
  const std::size_t begin =
      first == std::string_view::npos ? image.size() : first / kHostPageBytes * kHostPageBytes;
  image.remove_prefix(begin);

  machine_code.resize(roundUp(machine_code.size(), alignof(Header)));
  Header header;
  header.instances = static_cast<std::uint32_t>(instances);
  header.reason_bytes = static_cast<std::uint32_t>(reason.size());
  header.image_bytes = roundUp(image.size(), kHostPageBytes);
  header.image_address = header.image_bytes == 0 ? 0 : begin;
  header.table_elements = table_elements;
  const std::uint64_t notes_end = machine_code.size() + sizeof header + reason.size();
  header.image_offset = roundUp(notes_end, kHostPageBytes);
  machine_code.append(reinterpret_cast<const char*>(&header), sizeof header);
  machine_code.append(reason);
  if (header.image_bytes != 0) {
    machine_code.resize(header.image_offset);
    machine_code.append(image);
    machine_code.resize(header.image_offset + header.image_bytes);
  }
  return machine_code;
}

Result<CodeFile> openCodeFile(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail(std::string("it can't be opened: ") + std::strerror(errno));
  auto notes = readNotes(fd.get());
  if (!notes) return std::unexpected(std::move(notes.error()));
  return CodeFile{path, std::move(fd), *std::move(notes)};
}

}  // namespace wagi::engine
