#include "guest/wasi/testing.h"

#include <fcntl.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace wagi::wasi {

std::optional<std::size_t> PieceInput::read(std::span<std::byte> out) {
  if (pieces_.empty()) return ended_ ? std::optional<std::size_t>(0) : std::nullopt;
  std::string& piece = pieces_.front();
  const std::size_t count = std::min(piece.size(), out.size());
  std::memcpy(out.data(), piece.data(), count);
  piece.erase(0, count);
  if (piece.empty()) pieces_.pop_front();
  return count;
}

std::optional<std::size_t> PieceInput::available() {
  if (pieces_.empty()) return ended_ ? std::optional<std::size_t>(0) : std::nullopt;
  return pieces_.front().size();
}

Output::Written TextOutput::write(std::span<const std::byte> bytes) {
  if (closed) return {0, Status::kClosed};
  if (room == 0) return {0, Status::kAgain};
  const std::size_t count = std::min(room, bytes.size());
  text.append(reinterpret_cast<const char*>(bytes.data()), count);
  room -= count;
  return {count, taken};
}

void FakeSystem::random(std::span<std::byte> out) {
  for (std::byte& byte : out) byte = std::byte{next_random_++};
}

int FakeSystem::openat2(int directory, const char* path, const open_how& how) {
  ++opens;
  if (races_lost > 0) {
    --races_lost;
    return -EAGAIN;
  }
  if (kernel == Kernel::kLacksOpenat2) return -ENOSYS;
  if (kernel == Kernel::kFiltersOpenat2) return -EPERM;
  return System::openat2(directory, path, how);
}

std::vector<Signature> signatures() {
  return {{"args_get", "ii"},
          {"args_sizes_get", "ii"},
          {"environ_get", "ii"},
          {"environ_sizes_get", "ii"},
          {"clock_res_get", "ii"},
          {"clock_time_get", "iIi"},
          {"fd_advise", "iIIi"},
          {"fd_allocate", "iII"},
          {"fd_close", "i"},
          {"fd_datasync", "i"},
          {"fd_fdstat_get", "ii"},
          {"fd_fdstat_set_flags", "ii"},
          {"fd_fdstat_set_rights", "iII"},
          {"fd_filestat_get", "ii"},
          {"fd_filestat_set_size", "iI"},
          {"fd_filestat_set_times", "iIIi"},
          {"fd_pread", "iiiIi"},
          {"fd_prestat_get", "ii"},
          {"fd_prestat_dir_name", "iii"},
          {"fd_pwrite", "iiiIi"},
          {"fd_read", "iiii", true},
          {"fd_readdir", "iiiIi"},
          {"fd_renumber", "ii"},
          {"fd_seek", "iIii"},
          {"fd_sync", "i"},
          {"fd_tell", "ii"},
          {"fd_write", "iiii"},
          {"path_create_directory", "iii"},
          {"path_filestat_get", "iiiii"},
          {"path_filestat_set_times", "iiiiIIi"},
          {"path_link", "iiiiiii"},
          {"path_open", "iiiiiIIii"},
          {"path_readlink", "iiiiii"},
          {"path_remove_directory", "iii"},
          {"path_rename", "iiiiii"},
          {"path_symlink", "iiiii"},
          {"path_unlink_file", "iii"},
          {"poll_oneoff", "iiii", true},
          {"proc_exit", "i"},
          {"proc_raise", "i"},
          {"random_get", "ii"},
          {"sched_yield", "", true},
          {"sock_accept", "iii"},
          {"sock_recv", "iiiiii"},
          {"sock_send", "iiiii"},
          {"sock_shutdown", "ii"}};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "wagi-wasi-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TemporaryFolder::write(const std::string& name, std::string_view content) const {
  std::ofstream(path_ / name, std::ios::binary) << content;
}

std::string TemporaryFolder::read(const std::string& name) const {
  std::ifstream file(path_ / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

UniqueFd TemporaryFolder::open(const std::string& name) const {
  return UniqueFd(::open((path_ / name).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace wagi::wasi
