#include "cli/folder.h"

#include <fmt/format.h>

namespace wagi::cli {

Result<Folder> parseFolder(std::string_view text) {
  constexpr std::string_view kReadOnly = ":ro";
  constexpr std::string_view kSeparator = "::";
  std::string_view rest = text;
  Folder folder;
  // In "host:::ro" the suffix ":ro" wins, which leaves an empty guest path: nobody means ":ro" as a
  // path.
  if (rest.ends_with(kReadOnly)) {
    folder.read_only = true;
    rest.remove_suffix(kReadOnly.size());
  }
  const std::size_t separator = rest.find(kSeparator);
  folder.host = rest.substr(0, separator);
  folder.guest = separator == std::string_view::npos
                     ? folder.host
                     : std::string(rest.substr(separator + kSeparator.size()));
  if (folder.host.empty() || folder.guest.empty()) {
    return fail(
        fmt::format("'{}' isn't HOST, HOST::GUEST or one of these with :ro behind it", text));
  }
  return folder;
}

}  // namespace wagi::cli
