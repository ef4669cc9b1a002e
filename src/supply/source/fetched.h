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
  std::map<std::string, std::string> errors;       // Why a reference couldn't be fetched.
  std::optional<config::Application> application;  // Of a bindle or a project folder.
  std::vector<std::string> warnings;               // About references and a bindle.
  bool operator==(const Fetched&) const = default;

  // A message from the process that fetches to the one that serves: no value is left out.
  [[nodiscard]] std::string serialize() const;
  [[nodiscard]] static Result<Fetched> deserialize(std::string_view bytes);
};

}  // namespace wagi::source
