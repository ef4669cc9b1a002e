// `wagi run MODULE [ARGS]`
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "base/printable.h"
#include "base/say.h"
#include "base/unique_fd.h"
#include "cli/command.h"
#include "cli/folder.h"
#include "cli/terminal.h"
#include "config/env_file.h"
#include "guest/engine/application_abi.h"
#include "guest/engine/instance.h"
#include "server/runner/resources.h"
#include "server/supervisor/files.h"
#include "server/supervisor/validate.h"
#include "supply/artifact/load.h"
#include "supply/artifact/prepare.h"
#include "supply/artifact/reference.h"
#include "supply/artifact/run_guest.h"
#include "supply/source/fetching.h"

namespace wagi::cli {
namespace {

constexpr int kExitCannotRun = 126;  // A shell's code for a file that it can't execute.
constexpr int kSignalled = 128;      // A shell adds to it the signal that ended a program.
constexpr std::uint32_t kExitCodeMax = 255;
constexpr std::size_t kNamesShownMax = 20;  // How many of a module's exports a message lists.

constexpr Page kPage{
    .usage = "wagi run [OPTIONS] MODULE [ARGS...]",
    .description =
        "Runs a WASI preview 1 program, in WebAssembly's binary or text form, on this terminal: "
        "with\n"
        "its own stdin, stdout and stderr, no file but what --dir gives it, and no environment "
        "but\n"
        "--env's. Everything behind MODULE goes to the program.\n\n"
        "A module that exports _initialize and no _start is a reactor: --entrypoint names the\n"
        "function to call, as a route's entrypoint does, and _initialize is called before it.\n\n"
        "With --dir, devices and FIFOs open as they do for you: /dev/null, your terminal.\n\n"
        "Its exit code is this command's. A program that trapped is told of on stderr, with the\n"
        "functions it was in, and exits as a shell says of one that a signal ended:\n"
        "  134 (SIGABRT)  unreachable code, as by abort() or a panic; out of memory\n"
        "  136 (SIGFPE)   integer division by zero or overflow\n"
        "  139 (SIGSEGV)  memory out of bounds, stack overflow, a null function pointer\n"
        "  132 (SIGILL)   a call through a pointer to a function of another type\n"
        "  135 (SIGBUS)   an unaligned atomic access\n"
        "One that raised a signal itself exits with 128 and its number. 126 says that the module\n"
        "can't be run, 2 that the command line is wrong.",
    .examples =
        "  wagi run hello.wasm\n"
        "  wagi run --env NAME=World hello.wasm --verbose    (--verbose is hello.wasm's)\n"
        "  wagi run --dir data::/data:ro count.wasm /data/a.txt < input"};

struct Options {
  std::vector<std::string> folders;
  std::vector<std::string> environment;
  std::vector<std::string> env_files;
  std::optional<std::string> cache_file;
  std::string entrypoint{engine::kStartFunction};
  std::string module;
  Arguments arguments;
};

// The arguments, environment and folders of a program, and the descriptors that it needs open.
struct ProgramInputs {
  Block arguments;
  Block environment;
  std::vector<UniqueFd> descriptors;
  std::vector<wasi::Preopen> preopens;
};

Result<void> openFolders(const Options& options, ProgramInputs& inputs) {
  for (const std::string& text : options.folders) {
    auto folder = parseFolder(text);
    if (!folder) return fail("--dir: " + folder.error().message);
    UniqueFd fd = openFolder(folder->host);
    if (!fd) {
      return fail(fmt::format("--dir: can't open {}: {}", folder->host, std::strerror(errno)));
    }
    inputs.preopens.push_back({.guest_path = folder->guest,
                               .fd = fd.get(),
                               .read_only = folder->read_only,
                               .special_files = wasi::SpecialFiles::kOpened});
    inputs.descriptors.push_back(std::move(fd));
  }
  return {};
}

Result<void> fillEnvironment(const Options& options, ProgramInputs& inputs) {
  auto variables = supervisor::readEnvFiles(options.env_files);
  if (!variables) return fail(config::text(variables.error()));
  for (const std::string& text : options.environment) {
    auto pair = config::parseEnvPair(text);
    if (!pair) return fail("--env: " + pair.error().message);
    variables->push_back(*std::move(pair));
  }
  for (const auto& [name, value] : supervisor::lastOfEach(*variables)) {
    inputs.environment.add(fmt::format("{}={}", name, value));
  }
  return {};
}

// The path of a module's file. A module that is in a registry is fetched.
Result<std::string> fileOf(const std::string& module) {
  auto reference = artifact::parseReference(module);
  if (!reference) return std::unexpected(std::move(reference.error()));
  if (reference->kind == artifact::Reference::Kind::kFile) return std::move(reference->text);
  if (reference->kind == artifact::Reference::Kind::kBindle) {
    return fail(module + ": a bindle is served with wagi -b, not run");
  }
  using Clock = artifact::BackgroundWork::Clock;
  const auto fetching = source::startFetching({.references = {module}}, Clock::now());
  if (!fetching) return std::unexpected(fetching.error());
  supervisor::finishAndWait(**fetching, supervisor::Progress::whereFor());
  auto fetched = (*fetching)->take();
  if (!fetched) return std::unexpected(std::move(fetched.error()));
  for (const std::string& warning : fetched->warnings)
    say(stderr, "wagi run: {}\n", printable(warning, kMessageBytesMax));
  if (fetched->paths.contains(module)) return std::move(fetched->paths.at(module));
  return fail(fetched->errors.at(module));
}

struct Compiled {
  artifact::Cache cache;  // Kept, since a temporary directory would be removed with it.
  std::string path;       // The module's file.
  std::string code;
};

// Compiles a module in a process that is locked down as a server's compiler is, but without a limit
// on time and memory, like any program that is started on the terminal.
Result<Compiled> compile(const Options& options) {
  const auto settings = supervisor::readCacheSettings(options.cache_file);
  if (!settings) return fail(config::text(settings.error()));
  auto cache = artifact::Cache::open(*settings);
  if (!cache) return std::unexpected(std::move(cache.error()));
  auto path = fileOf(options.module);
  if (!path) return std::unexpected(std::move(path.error()));
  const artifact::CompileLimits unlimited{.time_max = std::chrono::milliseconds(0),
                                          .memory_bytes_max = 0,
                                          .threads_max = runner::coresAvailable()};
  const std::vector<artifact::InspectionRequest> wanted{{.path = *path}};
  artifact::ModulePreparation preparation(wanted, *cache, {.compile = unlimited, .routes = {}});
  // Progress is for a terminal only: a file or a pipe must get nothing but the program's output.
  using Where = supervisor::Progress::Where;
  supervisor::finishAndWait(preparation,
                            ::isatty(STDERR_FILENO) == 1 ? Where::kTerminal : Where::kNowhere);
  const auto& facts = preparation.of(*path);
  if (!facts) return std::unexpected(facts.error());
  std::string code = facts->code;
  return Compiled{*std::move(cache), *std::move(path), std::move(code)};
}

Result<engine::Module> load(engine::Runtimes& runtimes, const Compiled& compiled) {
  auto loaded = runtimes.load(compiled.code);
  if (!loaded) {
    return fail(fmt::format("{} can't be loaded: {}", compiled.path, loaded.error().message));
  }
  if (auto bound = artifact::bind(loaded->module, runtimes, compiled.path); !bound) {
    return std::unexpected(std::move(bound.error()));
  }
  return std::move(loaded->module);
}

// The signal that would have ended a native program where this trap happened.
int signalOf(engine::Trap::Kind kind) {
  using Kind = engine::Trap::Kind;
  switch (kind) {
    case Kind::kAbort:
      return SIGABRT;
    case Kind::kArithmetic:
      return SIGFPE;
    case Kind::kMemory:
      return SIGSEGV;
    case Kind::kBadCall:
      return SIGILL;
    case Kind::kAlignment:
      return SIGBUS;
  }
  std::unreachable();
}

// The names that --entrypoint may have, for a message.
std::string callable(const engine::Module& module) {
  std::string names;
  std::size_t count = 0;
  for (const engine::Export& function : module.functions()) {
    if (!function.is_command) continue;
    if (++count > kNamesShownMax) return names + ", ...";
    names += (names.empty() ? "" : ", ") + printable(function.name, engine::kFunctionNameBytesMax);
  }
  return names.empty() ? "nothing that can be called" : names;
}

int exitCodeOf(const engine::Outcome& outcome, const engine::Module& module,
               const Options& options) {
  using Kind = engine::Outcome::Kind;
  const auto tell = [&](std::string_view what) {
    say(stderr, "wagi: {}: {}{}\n", options.module, outcome.in_initialize ? "in _initialize: " : "",
        what);
  };
  switch (outcome.kind) {
    case Kind::kExited:
      return static_cast<int>(std::min(outcome.exit_code, kExitCodeMax));
    case Kind::kNoEntryPoint:
      tell(fmt::format("it exports no function {}; --entrypoint may name another: it exports {}",
                       options.entrypoint, callable(module)));
      return kExitCannotRun;
    case Kind::kOutOfMemory:
      tell("ran out of memory" + (outcome.message.empty() ? "" : ": " + outcome.message));
      return kSignalled + SIGABRT;
    case Kind::kTrapped:
      tell("trapped: " + outcome.message);
      return kSignalled + signalOf(outcome.trap);
    case Kind::kNoStart:
      tell("couldn't be started: " + outcome.message);
      return kSignalled + signalOf(outcome.trap);
  }
  std::unreachable();
}

// Hints at a terminal that an option behind MODULE goes to the program, if this command has one of
// that name. It may be meant for the program, so it isn't a mistake.
void noteOptionBehindModule(const CLI::App& app, const Options& options) {
  if (::isatty(STDERR_FILENO) != 1) return;
  for (const std::string& argument : options.arguments) {
    if (argument == "--") return;
    const std::string name = argument.substr(0, argument.find('='));
    if (!name.starts_with("--") || app.get_option_no_throw(name) == nullptr) continue;
    say(stderr, "wagi run: {} goes to {}; to give it to wagi, write it before {}\n", name,
        options.module, options.module);
    return;
  }
}

Result<int> runProgram(const Options& options) {
  ProgramInputs inputs;
  if (auto opened = openFolders(options, inputs); !opened) return std::unexpected(opened.error());
  if (auto filled = fillEnvironment(options, inputs); !filled) {
    return std::unexpected(filled.error());
  }
  inputs.arguments.add(options.module);
  for (const std::string& argument : options.arguments) inputs.arguments.add(argument);

  const auto compiled = compile(options);
  if (!compiled) return std::unexpected(compiled.error());
  engine::Runtimes runtimes(1);
  const auto module = load(runtimes, *compiled);
  if (!module) return std::unexpected(module.error());

  DescriptorInput in(STDIN_FILENO);
  DescriptorOutput out(STDOUT_FILENO);
  DescriptorOutput err(STDERR_FILENO);
  const wasi::Invocation invocation{inputs.arguments, inputs.environment, in, out, err,
                                    inputs.preopens,  wasi::realSystem()};
  constexpr std::uint64_t kMemoryUnlimited = 0;
  const engine::EntryPoint entrypoint = module->find(options.entrypoint);
  engine::Instance instance(*module, entrypoint, invocation, kMemoryUnlimited);
  artifact::RunOptions terminal;
  terminal.descriptors = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  std::ignore = artifact::runGuest(instance, terminal);
  return exitCodeOf(instance.outcome(), *module, options);
}

}  // namespace

int run(const Arguments& words) {
  Options options;
  CLI::App app("", "wagi run");
  setPage(app, kPage);
  // An option may be given any number of times, each with one value, since MODULE may follow it.
  const auto add_list = [&](const char* name, std::vector<std::string>& values, const char* type,
                            const char* what) {
    app.add_option(name, values, what)->type_name(type)->allow_extra_args(false);
  };
  add_list("--dir", options.folders, "HOST[::GUEST][:ro]",
           "Let the program see the folder HOST as GUEST; with :ro it can only read there");
  add_list("-e,--env", options.environment, "NAME=VALUE", "Set an environment variable");
  add_list("--env-file", options.env_files, "FILE", "Set those of a file of NAME=VALUE lines");
  app.add_option("--entrypoint", options.entrypoint, "The function to call (default _start)")
      ->type_name("NAME");
  app.add_option("--cache", options.cache_file,
                 "Configuration of the cache of compiled code (default cache.toml, if it exists)")
      ->type_name("FILE");
  app.prefix_command();  // Stops parsing at the first word that isn't an option.
  if (const auto code = parse(app, words)) return *code;

  options.arguments = app.remaining();
  if (options.arguments.empty()) return usageError(app, "MODULE is missing");
  options.module = options.arguments.front();
  options.arguments.erase(options.arguments.begin());
  if (options.module.starts_with('-')) {
    return usageError(app, fmt::format("the option {} is unknown", options.module));
  }
  noteOptionBehindModule(app, options);
  const auto code = runProgram(options);
  if (code) return *code;
  say(stderr, "wagi: {}\n", code.error().message);
  return kExitCannotRun;
}

}  // namespace wagi::cli
