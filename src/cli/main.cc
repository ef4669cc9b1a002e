#include <exception>

#include "base/log.h"
#include "base/say.h"
#include "cli/command.h"
#include "guest/engine/engine.h"

namespace {

using namespace wagi::cli;

int dispatch(Arguments words) {
  if (words.empty()) return serve(words);  // Which says what is missing.
  const std::string first = words.front();
  if (first == "--help" || first == "-h") return help({});
  if (first == "--version" || first == "-V") {
    wagi::say(stdout, "wagi {} ({})\n", WAGI_VERSION, wagi::engine::Engine::fingerprint());
    return kExitOk;
  }
  // The original has flags only.
  if (first.starts_with('-')) return serve(words);
  const Command* command = findCommand(commands(), first);
  if (command == nullptr) return unknownCommand("wagi", "wagi help", commands(), first);
  words.erase(words.begin());
  return command->run(words);
}

}  // namespace

int main(int argc, char** argv) {
  // Before any command says something: its stdout is for what it prints.
  wagi::initLog(wagi::LogFormat::kText);
  try {
    return dispatch({argv + 1, argv + argc});
  } catch (const std::exception& error) {  // No memory, or a broken pipe under stdout.
    wagi::say(stderr, "wagi: {}\n", error.what());
    return kExitFailed;
  }
}
