#include "supply/source/fetched.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "supply/artifact/message.h"
#include "supply/source/values.h"

namespace wagi::source {

template <config::Either<Fetched> T>
auto fieldsOf(T& fetched) {
  auto& [paths, errors, application, warnings] = fetched;
  return std::tuple(config::Field("paths", paths), config::Field("errors", errors),
                    config::Field("application", application), config::Field("warnings", warnings));
}

namespace {

namespace fs = std::filesystem;

bool isBelow(const fs::path& path, const fs::path& root) {
  return std::mismatch(root.begin(), root.end(), path.begin(), path.end()).first == root.end();
}

}  // namespace

Result<void> Fetched::checkPlaces(const std::vector<std::string>& roots) const {
  std::vector<fs::path> real;
  std::error_code unknown;
  for (const std::string& root : roots) {
    real.push_back(fs::canonical(root, unknown));
  }
  std::set<std::string> named;
  for (const auto& [reference, path] : paths) named.insert(path);
  if (application) {
    for (const config::Module& module : application->modules) {
      named.insert(module.module);
      for (const config::Volume& volume : module.volumes) named.insert(volume.host);
    }
  }
  for (const std::string& name : named) {
    std::error_code error;
    const fs::path path = fs::weakly_canonical(name, error);
    const auto holds = [&](const fs::path& root) { return !root.empty() && isBelow(path, root); };
    if (error || std::ranges::none_of(real, holds)) {
      return fail(fmt::format("the process that fetches named {}, which it may not", name));
    }
  }
  return {};
}

std::string Fetched::serialize() const { return artifact::writeMessage(toJson(*this)); }

Result<Fetched> Fetched::deserialize(std::string_view bytes) {
  const auto json = artifact::readMessage(bytes);
  try {
    Fetched fetched;
    fromJson(json, fetched);
    return fetched;
  } catch (const Json::exception& error) {
    return fail(fmt::format("the process that fetches answered nonsense: {}", error.what()));
  }
}

}  // namespace wagi::source
