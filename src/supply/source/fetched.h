// The result of a FetchRequest: files of this machine, and an application that is made of them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/application.h"

namespace wagi::source {

struct Fetched {
  std::map<std::string, std::string> paths;        // From each reference to its module's file.
  std::map<std::string, std::string> errors;       // From each reference that failed to the reason.
  std::optional<config::Application> application;  // The one of a bindle or a project folder.
  std::vector<std::string> warnings;               // About references and a bindle.
  bool operator==(const Fetched&) const = default;

  // Whether every module and every folder of a guest is below one of `roots`, links followed.
  [[nodiscard]] Result<void> checkPlaces(const std::vector<std::string>& roots) const;

  // A message from the process that fetches to the one that serves: no value is left out.
  [[nodiscard]] std::string serialize() const;
  [[nodiscard]] static Result<Fetched> deserialize(std::string_view bytes);
};

}  // namespace wagi::source
