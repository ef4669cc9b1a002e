// The flags of a server, which the commands that look at a server's configuration take too.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "supervisor/description.h"
#include "supervisor/validate.h"

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

  [[nodiscard]] const std::string& configFile() const { return config_; }
  [[nodiscard]] const std::optional<std::string>& user() const { return settings_.user; }

 private:
  void addSources(CLI::App& app, Source source);
  void addAddresses(CLI::App& app);
  void addDirectories(CLI::App& app);
  void addVariables(CLI::App& app);
  void addProcesses(CLI::App& app);
  [[nodiscard]] Result<void> checkBindle() const;

  config::ServerSettings settings_;
  std::string config_;
  std::vector<std::string> variables_;
  std::string log_format_;
  struct Bindle {
    std::string id, path, url, user, password;
    bool insecure = false;
  } bindle_;
};

}  // namespace wagi::cli
