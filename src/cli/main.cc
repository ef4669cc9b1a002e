#include <exception>

#include "base/log.h"
#include "base/say.h"
#include "cli/command.h"
#include "guest/engine/engine.h"

namespace {

using namespace wagi::cli;

int dispatch(Arguments words) {
  if (words.empty()) return serve(words);  // It prints which flag is missing.
  const std::string first = words.front();
  if (first == "--help" || first == "-h") return help({});
  if (first == "--version" || first == "-V") {
    wagi::say(stdout, "wagi {} ({})\n", WAGI_VERSION, wagi::engine::Engine::fingerprint());
    return kExitOk;
  }
  // Wagi 0.8.1 has flags only, so `wagi -c modules.toml` must serve.
  if (first.starts_with('-')) return serve(words);
  const Command* command = findCommand(commands(), first);
  if (command == nullptr) return unknownCommand("wagi", "wagi help", commands(), first);
  words.erase(words.begin());
  return command->run(words);
}

}  // namespace

int main(int argc, char** argv) {
  // The log goes to stderr from the beginning, since a command's output has stdout.
  wagi::initLog(wagi::LogFormat::kText);
  try {
    return dispatch({argv + 1, argv + argc});
  } catch (const std::exception& error) {  // For example, nobody reads stdout's pipe any more.
    wagi::say(stderr, "wagi: {}\n", error.what());
    return kExitFailed;
  }
}
