// The flags of `wagi serve`, which the commands that look at a server's configuration take too.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "server/supervisor/description.h"
#include "server/supervisor/validate.h"

namespace wagi::cli {

// The app that the flags were added to borrows them until it has parsed.
class ServerFlags {
 public:
  // Whether FILE may stand without its flag: for commands that only look at a configuration.
  enum class Source { kFlag, kFlagOrWord };
  void addTo(CLI::App& app, Source source);

  // The flags, once `app` has parsed; or the exit code, when a mistake has been printed to stderr.
  [[nodiscard]] std::expected<supervisor::Flags, int> finish(const CLI::App& app) const;
  // Like finish(), and validates the configuration, whose mistakes it prints to `out`: for a
  // command that serves nothing.
  [[nodiscard]] std::expected<supervisor::Validated, int> validate(const CLI::App& app,
                                                                   std::FILE* out) const;

  // The name by which the served source was given: a file, a folder or a bindle.
  [[nodiscard]] const std::string& source() const {
    return !config_.empty() ? config_ : !project_.empty() ? project_ : bindle_.id;
  }
  [[nodiscard]] const std::optional<std::string>& user() const { return settings_.user; }

 private:
  void addSources(CLI::App& app, Source source);
  void addAddresses(CLI::App& app);
  void addDirectories(CLI::App& app);
  void addVariables(CLI::App& app);
  void addProcesses(CLI::App& app);
  [[nodiscard]] Result<std::optional<source::BindleSource>> bindle() const;

  config::ServerSettings settings_;
  std::string config_;
  std::vector<std::string> variables_;
  std::string log_format_;
  source::BindleSource bindle_;
  std::string project_;
  bool offline_ = false;
};

}  // namespace wagi::cli
