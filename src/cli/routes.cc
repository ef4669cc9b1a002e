// `wagi routes`

#include <chrono>
#include <string>

#include "base/say.h"
#include "cli/command.h"
#include "cli/server_flags.h"
#include "server/supervisor/table.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi routes FILE [OPTIONS]",
    .description =
        "Prints the routes that a server would serve, in the order in which they are tried: those "
        "of\n"
        "modules' _routes too, each with its module, its entry point and its limits. Where there "
        "are\n"
        "several sites each route stands beneath its hosts; listeners and certificates follow.",
    .examples = "  wagi routes modules.toml"};

}  // namespace

int routes(const Arguments& words) {
  CLI::App app("", "wagi routes");
  setPage(app, kPage);
  ServerFlags server;
  server.addTo(app, ServerFlags::Source::kFlagOrWord);
  if (const auto code = parse(app, words)) return *code;
  const auto validated = server.validate(app, stderr);
  if (!validated) return validated.error();
  const worker::Plan& plan = validated->prepared.plan;
  const std::string listeners = supervisor::listenersTable(
      plan, validated->description.certificates, std::chrono::system_clock::now());
  printOutput(supervisor::tableOf(plan, supervisor::Detail::kFull));
  if (!listeners.empty()) printOutput("\n" + listeners);
  return kExitOk;
}

}  // namespace wagi::cli
