#include "server/worker/guest_log.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "base/sha256.h"

namespace wagi::worker {

std::string GuestLog::path() const {
  return std::string(log_dir_) + "/" + sha256Hex(route_) + "/module.stderr";
}

void GuestLog::open() {
  std::error_code error;
  const std::string path = this->path();
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  file_.reset(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file_) {
    failed_ = true;
    spdlog::warn("can't open {}: {}; what its guests print on stderr is lost", path,
                 std::strerror(errno));
  }
}

void GuestLog::append(std::span<const std::byte> bytes) {
  if (log_dir_.empty() || failed_) return;
  if (!file_) open();
  // A disk that is full must not end the guest; the server's own log still has the tail.
  if (file_) std::ignore = ::write(file_.get(), bytes.data(), bytes.size());
}

wasi::Output::Written GuestStderr::write(std::span<const std::byte> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  tail_.append(text.substr(text.size() - std::min(text.size(), kTailBytesMax)));
  if (tail_.size() > kTailBytesMax) tail_.erase(0, tail_.size() - kTailBytesMax);

  if (written_ < kBytesMax) {
    log_.append(bytes.first(std::min(bytes.size(), kBytesMax - written_)));
    if (written_ + bytes.size() > kBytesMax) {
      static constexpr std::string_view kNote =
          "\n[wagi: the rest of this request's stderr is dropped]\n";
      log_.append(std::as_bytes(std::span(kNote)));
    }
  }
  written_ += bytes.size();
  return {bytes.size(), Status::kOk};
}

}  // namespace wagi::worker
