#include "lockdown/landlock.h"

#include <fmt/format.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/unique_fd.h"

namespace wagi::lockdown {
namespace {

// Rights that <linux/landlock.h> of Debian 12 (Linux 6.1) doesn't name yet, each with the version
// of the ABI that added it.
constexpr std::uint64_t kFsTruncate = 1ULL << 14;        // 3
constexpr std::uint64_t kFsIoctlDevice = 1ULL << 15;     // 5
constexpr std::uint64_t kNetBindTcp = 1ULL << 0;         // 4
constexpr std::uint64_t kNetConnectTcp = 1ULL << 1;      // 4
constexpr std::uint64_t kScopeAbstractUnix = 1ULL << 0;  // 6
constexpr std::uint64_t kScopeSignal = 1ULL << 1;        // 6

struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;  // From ABI 4 on.
  std::uint64_t scoped;              // From ABI 6 on.
};

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite =
    LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG;
constexpr std::uint64_t kChange = kRead | kWrite | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                  LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_SYM |
                                  LANDLOCK_ACCESS_FS_REFER | kFsTruncate;
constexpr std::uint64_t kNever = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_MAKE_BLOCK | kFsIoctlDevice;

// The rights that a file can have; a folder's other rights are an error there.
constexpr std::uint64_t kOfFiles =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kFsTruncate;

std::uint64_t rightsOf(Folder::Access access) {
  switch (access) {
    case Folder::Access::kRead:
      return kRead;
    case Folder::Access::kWrite:
      return kWrite;
    case Folder::Access::kChange:
      return kChange;
  }
  std::unreachable();
}

bool isFolder(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
}

RulesetAttributes attributesOf(int abi, Network network) {
  RulesetAttributes attributes{kChange | kNever, kNetBindTcp | kNetConnectTcp,
                               kScopeAbstractUnix | kScopeSignal};
  if (network == Network::kTcp) attributes.handled_access_net = 0;
  if (abi < 6) attributes.scoped = 0;
  if (abi < 5) attributes.handled_access_fs &= ~kFsIoctlDevice;
  if (abi < 4) attributes.handled_access_net = 0;
  if (abi < 3) attributes.handled_access_fs &= ~kFsTruncate;
  return attributes;
}

std::unexpected<Error> failed(const char* what) {
  return fail(fmt::format("{}: {}", what, std::strerror(errno)));
}

}  // namespace

int landlockAbi() {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

Result<void> restrictFiles(std::span<const Folder> folders, Network network) {
  // An older kernel accepts these longer attributes, since those that it doesn't know are zero.
  const RulesetAttributes attributes = attributesOf(landlockAbi(), network);
  const long made = ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (made < 0) return failed("landlock_create_ruleset");
  const UniqueFd ruleset(static_cast<int>(made));
  for (const Folder& folder : folders) {
    std::uint64_t rights = rightsOf(folder.access) & attributes.handled_access_fs;
    if (!isFolder(folder.fd)) rights &= kOfFiles;
    const landlock_path_beneath_attr rule{.allowed_access = rights, .parent_fd = folder.fd};
    if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) !=
        0) {
      return failed("landlock_add_rule");
    }
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return failed("landlock_restrict_self");
  }
  return {};
}

}  // namespace wagi::lockdown
