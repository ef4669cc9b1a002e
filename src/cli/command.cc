#include "cli/command.h"

#include <algorithm>
#include <array>
#include <memory>

#include "base/say.h"
#include "config/nearest.h"

namespace wagi::cli {
namespace {

constexpr auto kCommands = std::to_array<Command>({
    {"serve", "serve a modules.toml over HTTP; what wagi does without a command, too", serve},
    {"run", "run a WASI program on the terminal", run},
    {"check", "validate a modules.toml and everything that it names", check},
    {"routes", "print the table of routes that a server would serve", routes},
    {"pull", "fetch a module from an OCI registry", pull},
    {"push", "push a module to an OCI registry", push},
    {"sign", "sign an artifact in an OCI registry", sign},
    {"cache", "list, clean or verify what was fetched", cache},
    {"bindle", "serve, push and pull bindles: versioned packages of modules and files", bindle},
    {"import", "write a modules.toml for the programs of a spin.toml", importSpin},
    {"help", "explain a command", help},
});

// CLI11's formatter with a usage line of our own, since CLI11's lacks words that it doesn't parse.
class PageFormatter : public CLI::Formatter {
 public:
  explicit PageFormatter(std::string_view usage) : usage_(usage) { column_width(34); }
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: " + usage_ + '\n';
  }

 private:
  const std::string usage_;
};

std::string unexpectedText(std::string_view word) {
  return word.starts_with('-') ? fmt::format("there is no option {}", word)
                               : fmt::format("'{}' isn't expected here", word);
}

// Rewords CLI11's messages "--config: 1 required FILE missing" and "--config: At Most 1 required
// but received 2".
std::string mismatchText(std::string_view theirs) {
  constexpr std::string_view kMissing = " missing";
  const std::string_view name = theirs.substr(0, theirs.find(": "));
  if (theirs.contains("At Most 1 ")) return fmt::format("{} is given more than once", name);
  if (!theirs.ends_with(kMissing)) return std::string(theirs);
  theirs.remove_suffix(kMissing.size());
  return fmt::format("{} needs a value: {}", name, theirs.substr(theirs.rfind(' ') + 1));
}

}  // namespace

std::span<const Command> commands() { return kCommands; }

const Command* findCommand(std::span<const Command> among, std::string_view name) {
  const auto command = std::ranges::find(among, name, &Command::name);
  return command == among.end() ? nullptr : &*command;
}

void setPage(CLI::App& app, const Page& page) {
  app.description(std::string(page.description) + '\n');
  app.footer("\nExamples:\n" + std::string(page.examples));
  app.formatter(std::make_shared<PageFormatter>(page.usage));
}

std::optional<int> parse(CLI::App& app, const Arguments& words) {
  Arguments reversed(words.rbegin(), words.rend());  // CLI11 takes them from the back.
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    printOutput(app.help());
    return kExitOk;
  } catch (const CLI::CallForVersion& version) {
    say(stdout, "{}\n", version.what());
    return kExitOk;
  } catch (const CLI::ExtrasError&) {
    return usageError(app, unexpectedText(app.remaining().front()));
  } catch (const CLI::ArgumentMismatch& error) {
    return usageError(app, mismatchText(error.what()));
  } catch (const CLI::ParseError& error) {
    return usageError(app, error.what());
  }
  return std::nullopt;
}

int usageError(const CLI::App& app, std::string_view message) {
  say(stderr, "{}: {}\nRun '{} --help' for what it takes.\n", app.get_name(), message,
      app.get_name());
  return kExitUsage;
}

void sayEach(std::FILE* file, const std::vector<config::Diagnostic>& diagnostics) {
  for (const config::Diagnostic& diagnostic : diagnostics) say(file, "{}\n", diagnostic.text());
}

int unknownCommand(std::string_view program, std::string_view help, std::span<const Command> among,
                   std::string_view word) {
  std::vector<std::string_view> names;
  for (const Command& command : among) names.push_back(command.name);
  const auto near = config::nearest(word, names);
  say(stderr, "{}: there is no command '{}'{}\nRun '{}' for all.\n", program, word,
      near ? fmt::format("; did you mean '{}'?", *near) : "", help);
  return kExitUsage;
}

}  // namespace wagi::cli
