// `wagi help [COMMAND]`

#include "base/say.h"
#include "cli/command.h"

namespace wagi::cli {
namespace {

constexpr auto kOverview =
    "wagi serves programs compiled to WebAssembly (WASI preview 1) over HTTP: they read the "
    "request\n"
    "from environment variables and stdin and print the answer, as in CGI.\n"
    "\n"
    "Usage: wagi -c FILE [OPTIONS]\n"
    "       wagi COMMAND [OPTIONS]\n"
    "\n"
    "Commands:\n";

}  // namespace

int help(const Arguments& words) {
  if (!words.empty() && words[0] != "--help" && words[0] != "-h" && words[0] != "help") {
    const Command* command = findCommand(commands(), words[0]);
    return command != nullptr ? command->run({"--help"})
                              : unknownCommand("wagi", "wagi help", commands(), words[0]);
  }
  printOutput(kOverview);
  for (const Command& command : commands()) {
    say(stdout, "  {:<8} {}\n", command.name, command.summary);
  }
  say(stdout,
      "\nRun 'wagi help COMMAND' for its options with examples; 'wagi help serve' is for wagi -c "
      "too.\n"
      "'wagi --version' prints the version.\n");
  return kExitOk;
}

}  // namespace wagi::cli
