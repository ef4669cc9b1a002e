// `wagi serve`, and `wagi` without a command.
#include "server/supervisor/serve.h"

#include "base/log.h"
#include "cli/command.h"
#include "cli/server_flags.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi [serve] -c FILE [OPTIONS]",
    .description =
        "Serves the modules of a modules.toml over HTTP, a fresh instance for each request. "
        "SIGHUP\n"
        "reloads; SIGTERM and SIGINT stop when the running requests have ended. Each flag can "
        "stand\n"
        "in the file's [server] table too; a flag wins.",
    .examples =
        "  wagi -c modules.toml\n"
        "  wagi -c modules.toml --watch --listen 0.0.0.0:8080\n"
        "  wagi -c modules.toml -e GREETING=Hello NAME=World --env-file secrets.env\n"
        "  wagi -c modules.toml --tls-cert cert.pem --tls-key key.pem --log-format json"};

}  // namespace

int serve(const Arguments& words) {
  CLI::App app("", "wagi serve");
  setPage(app, kPage);
  ServerFlags server;
  server.addTo(app, ServerFlags::Source::kFlag);
  if (const auto code = parse(app, words)) return *code;
  const auto flags = server.finish(app);
  if (!flags) return flags.error();
  initLog(flags->settings.log_format.value_or(LogFormat::kText));
  return supervisor::serve(*flags);
}

}  // namespace wagi::cli
