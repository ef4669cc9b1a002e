// `wagi check`

#include <chrono>
#include <string>
#include <vector>

#include "base/say.h"
#include "cli/command.h"
#include "cli/security.h"
#include "cli/server_flags.h"
#include "server/supervisor/table.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi check FILE [OPTIONS]\n       wagi check --security [FILE]",
    .description =
        "Validates a modules.toml as a server would when it starts: the file, what it names, each\n"
        "module (compiled, its imports and entry points looked up, an instance made) and its "
        "_routes.\n"
        "Each mistake is a line, FILE:LINE:COLUMN: what is wrong. The exit code is 1 where there "
        "is one.\n"
        "\n"
        "With --security it also says what of the sandbox is in force on this kernel, locks down\n"
        "processes as a worker is and as one that fetches, and tries to break out of each; 1 "
        "where\n"
        "something went through.",
    .examples = "  wagi check modules.toml\n  sudo wagi check --security modules.toml"};

void printWarnings(const supervisor::Diagnostics& warnings) {
  for (const config::Diagnostic& warning : warnings) {
    say(stdout, "{} (warning)\n", warning.text());
  }
}

void printSummary(const supervisor::Validated& validated, const std::string& file) {
  printWarnings(validated.prepared.warnings);
  printWarnings(supervisor::missingVolumes(validated.description));
  const std::string listeners =
      supervisor::listenersTable(validated.prepared.plan, validated.description.certificates,
                                 std::chrono::system_clock::now());
  if (!listeners.empty()) printOutput(listeners + "\n");
  const std::size_t modules = validated.description.modules.size();
  const std::size_t routes = validated.prepared.plan.routes.size();
  say(stdout, "{}: {} module{}, {} route{}, no mistakes\n", file, modules, modules == 1 ? "" : "s",
      routes, routes == 1 ? "" : "s");
}

}  // namespace

int check(const Arguments& words) {
  CLI::App app("", "wagi check");
  setPage(app, kPage);
  ServerFlags server;
  server.addTo(app, ServerFlags::Source::kFlagOrWord);
  bool security = false;
  app.add_flag("--security", security, "What holds a guest that broke out, tried on this kernel");
  if (const auto code = parse(app, words)) return *code;

  lockdown::KeptAccess kept;
  std::vector<UniqueFd> opened;
  if (!security || !server.source().empty()) {
    const auto validated = server.validate(app, stdout);
    if (!validated) return validated.error();
    printSummary(*validated, server.source());
    if (security) kept = keptAccessOf(validated->prepared.plan, opened);
  } else if (server.user()) {
    auto user = lockdown::findUser(*server.user());
    if (!user) return usageError(app, user.error().message);
    kept.user = *std::move(user);
  }
  if (!security) return kExitOk;
  const auto refused = printSecurity(kept);
  if (!refused) {
    say(stderr, "wagi check: {}\n", refused.error().message);
    return kExitFailed;
  }
  return *refused ? kExitOk : kExitFailed;
}

}  // namespace wagi::cli
