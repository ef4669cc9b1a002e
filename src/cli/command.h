// The subcommands of `wagi`, and how they read their arguments.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace wagi::cli {

using Arguments = std::vector<std::string>;  // The words behind the subcommand's name.

struct Command {
  std::string_view name;
  std::string_view summary;            // Its line in the list of commands.
  int (*run)(const Arguments& words);  // Returns the program's exit code.
};

[[nodiscard]] int serve(const Arguments& words);
[[nodiscard]] int run(const Arguments& words);
[[nodiscard]] int check(const Arguments& words);
[[nodiscard]] int routes(const Arguments& words);
[[nodiscard]] int pull(const Arguments& words);
[[nodiscard]] int push(const Arguments& words);
[[nodiscard]] int sign(const Arguments& words);
[[nodiscard]] int cache(const Arguments& words);
[[nodiscard]] int bindle(const Arguments& words);
[[nodiscard]] int importSpin(const Arguments& words);
[[nodiscard]] int help(const Arguments& words);

[[nodiscard]] std::span<const Command> commands();
// The command named `name`, or null.
[[nodiscard]] const Command* findCommand(std::span<const Command> among, std::string_view name);

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;

// The text that --help prints around the list of options.
struct Page {
  std::string_view usage;  // "wagi run [OPTIONS] MODULE [ARGS...]"
  std::string_view description;
  std::string_view examples;
};
void setPage(CLI::App& app, const Page& page);

// Parses the words. Returns the exit code where the program is to end now: after --help, or at a
// mistake, which it prints to stderr with a hint where to read on.
[[nodiscard]] std::optional<int> parse(CLI::App& app, const Arguments& words);

// Prints what is wrong with how `app` was called; returns kExitUsage.
[[nodiscard]] int usageError(const CLI::App& app, std::string_view message);

// Prints each diagnostic in a line.
void sayEach(std::FILE* file, const std::vector<config::Diagnostic>& diagnostics);

// Prints that `word` isn't a command of `program`, which one is similar, and that `help` lists them
// all; returns kExitUsage.
[[nodiscard]] int unknownCommand(std::string_view program, std::string_view help,
                                 std::span<const Command> among, std::string_view word);

}  // namespace wagi::cli
