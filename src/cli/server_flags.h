// The flags of a server, which the commands that look at a server's configuration take too.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "server/supervisor/description.h"
#include "server/supervisor/validate.h"

namespace wagi::cli {

// Borrowed by the app that it was added to until that has parsed.
class ServerFlags {
 public:
  // For a command that looks at a configuration, FILE may stand without its flag.
  enum class Source { kFlag, kFlagOrWord };
  void addTo(CLI::App& app, Source source);

  // After parsing: the flags, or the exit code, with the mistake on stderr.
  [[nodiscard]] std::expected<supervisor::Flags, int> finish(const CLI::App& app) const;
  // The same and, for a command that serves nothing, the configuration validated; its mistakes go
  // to `out`.
  [[nodiscard]] std::expected<supervisor::Validated, int> validate(const CLI::App& app,
                                                                   std::FILE* out) const;

  // What is served, as it was named.
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
