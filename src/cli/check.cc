// `wagi check`
#include <fmt/core.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/server_flags.h"
#include "supervisor/validate.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi check FILE [OPTIONS]",
    .description =
        "Validates a modules.toml as a server would when it starts: the file, what it names, each\n"
        "module (compiled, its imports and entry points looked up) and its _routes. Each mistake "
        "is\n"
        "a line, FILE:LINE:COLUMN: what is wrong. The exit code is 1 where there is one.",
    .examples = "  wagi check modules.toml"};

}  // namespace

int check(const Arguments& words) {
  CLI::App app("", "wagi check");
  setPage(app, kPage);
  ServerFlags server;
  server.addTo(app, ServerFlags::Source::kFlagOrWord);
  if (const auto code = parse(app, words)) return *code;
  const auto flags = server.finish(app);
  if (!flags) return flags.error();
  initLog(LogFormat::kText);
  const auto validated = supervisor::validate(*flags);
  if (!validated) {
    fmt::print("{}\n", escapeControls(config::text(validated.error())));
    return kExitFailed;
  }
  for (const config::Diagnostic& warning : validated->prepared.warnings) {
    fmt::print("{} (warning)\n", escapeControls(warning.text()));
  }
  const std::size_t modules = validated->description.modules.size();
  const std::size_t routes = validated->prepared.plan.routes.size();
  fmt::print("{}: {} module{}, {} route{}, no mistakes\n", flags->config_file, modules,
             modules == 1 ? "" : "s", routes, routes == 1 ? "" : "s");
  return kExitOk;
}

}  // namespace wagi::cli
