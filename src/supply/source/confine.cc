#include "supply/source/confine.h"

#include <fcntl.h>

#include <array>
#include <utility>

#include "base/child.h"
#include "supply/hippo/hippofacts.h"

namespace wagi::source {
namespace {

using Access = lockdown::Folder::Access;

// By which the C library looks up names (nsswitch.conf(5), resolver(5), getaddrinfo(3)), and
// OpenSSL its defaults. Each may be a link: what it leads to now is what can be read.
constexpr auto kSystemFiles = std::to_array<const char*>({
    "/etc/gai.conf",
    "/etc/host.conf",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/usr/lib/ssl/openssl.cnf",
    "/etc/ssl/openssl.cnf",
    "/etc/pki/tls/openssl.cnf",
    "/etc/crypto-policies",
});

class Opener {
 public:
  Opener(lockdown::KeptAccess& kept, std::vector<UniqueFd>& opened)
      : kept_(kept), opened_(opened) {}

  void add(const std::string& path, Access access) {
    if (path.empty()) return;
    UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
    if (!fd) return;  // Whoever wants it says that it is missing.
    kept_.folders.push_back({fd.get(), access});
    opened_.push_back(std::move(fd));
  }
  void add(const BindleSource& source) {
    add(source.path, Access::kRead);
    add(source.keyring, Access::kRead);
  }
  // A HIPPOFACTS may be a link to somewhere else; what is served is in the folder of its name.
  void addProject(const std::string& project) {
    if (const auto file = hippo::findHippofacts(project)) add(*file, Access::kRead);
    add(hippo::folderOf(project), Access::kRead);
  }

 private:
  lockdown::KeptAccess& kept_;
  std::vector<UniqueFd>& opened_;
};

}  // namespace

lockdown::KeptAccess keptAccessOf(const FetchRequest& request, const std::string& store,
                                  std::vector<UniqueFd>& opened) {
  lockdown::KeptAccess kept{.user = {}, .folders = {}, .calls = lockdown::SystemCallList::kFetcher};
  Opener opener(kept, opened);
  opener.add(store, Access::kChange);
  for (const char* path : kSystemFiles) opener.add(path, Access::kRead);
  for (const std::string& path : fetch::certificatesOf(request.registries.client)) {
    opener.add(path, Access::kRead);
  }
  if (request.bindle) opener.add(*request.bindle);
  if (request.externals) opener.add(*request.externals);
  if (!request.project.empty()) opener.addProject(request.project);
  return kept;
}

Result<void> confineFetch(const FetchRequest& request, const std::string& store) {
  if (writesCounts()) return {};  // A build that measures coverage writes beside its objects.
  std::vector<UniqueFd> opened;
  const auto locked = lockdown::lockDown(keptAccessOf(request, store, opened));
  if (!locked) {
    return fail("the process that fetches can't be locked down: " + locked.error().message);
  }
  return {};
}

}  // namespace wagi::source
