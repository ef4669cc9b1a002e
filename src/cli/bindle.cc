// `wagi bindle`: the list of its subcommands, and the code that these share.
#include "cli/bindle.h"

#include <fmt/core.h>

#include <array>
#include <ctime>
#include <utility>

#include "base/say.h"

namespace wagi::cli {
namespace {

constexpr auto kSubcommands = std::to_array<Command>({
    {"prepare", "make a bindle of a project folder with a HIPPOFACTS", bindlePrepare},
    {"serve", "be a Bindle server", bindleServe},
    {"push", "send a bindle of a folder to a server", bindlePush},
    {"pull", "bring a bindle from a server into the store, or into a folder", bindlePull},
    {"info", "print an invoice", bindleInfo},
    {"yank", "withdraw a bindle on a server, for ever", bindleYank},
    {"search", "list a server's bindles", bindleSearch},
    {"keys", "print a server's keys, or make one's own", bindleKeys},
});

void printOverview() {
  say(stdout,
      "Bindles are versioned packages of modules and files: https://github.com/deislabs/bindle\n"
      "\n"
      "Usage: wagi bindle COMMAND [OPTIONS]\n"
      "\n"
      "Commands:\n");
  for (const Command& command : kSubcommands) {
    say(stdout, "  {:<8} {}\n", command.name, command.summary);
  }
  say(stdout, "\nRun 'wagi bindle COMMAND --help' for its options with examples.\n");
}

constexpr auto kServerGroup = "The server";
constexpr auto kTrustGroup = "Signatures";

}  // namespace

int bindle(const Arguments& words) {
  if (words.empty()) {
    printOverview();
    return kExitUsage;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    printOverview();
    return kExitOk;
  }
  if (const Command* command = findCommand(kSubcommands, words[0])) {
    return command->run({words.begin() + 1, words.end()});
  }
  return unknownCommand("wagi bindle", "wagi bindle --help", kSubcommands, words[0]);
}

void BindleServerFlags::addTo(CLI::App& app) {
  app.add_option("--url,--bindle-url", url_, "With its /v1 (env BINDLE_URL)")
      ->type_name("URL")
      ->envname("BINDLE_URL")
      ->group(kServerGroup);
  app.add_option("--user,--bindle-http-user", user_, "Name there (env BINDLE_HTTP_USER)")
      ->type_name("NAME")
      ->envname("BINDLE_HTTP_USER")
      ->group(kServerGroup);
  app.add_option("--password,--bindle-http-password", password_,
                 "Password there; others can see it in the list of processes, so rather env "
                 "BINDLE_HTTP_PASSWORD")
      ->type_name("PASSWORD")
      ->envname("BINDLE_HTTP_PASSWORD")
      ->group(kServerGroup);
  app.add_flag("-k,--bindle-insecure", insecure_, "Ignore its certificate's errors")
      ->group(kServerGroup);
}

Result<bindle::Server> BindleServerFlags::server() const {
  if (url_.empty()) return fail("give the server's address with --url, or in BINDLE_URL");
  if (user_.empty() != password_.empty()) return fail("--user and --password need each other");
  auto made = bindle::serverAt(url_);
  if (!made) return made;
  bindle::Server server = *std::move(made);
  if (!user_.empty()) server.login = fetch::BasicLogin{user_, password_};
  server.verify_certificate = !insecure_;
  return server;
}

void BindleTrustFlags::addTo(CLI::App& app) {
  app.add_option("--keyring", keyring_, "Public keys, by which it must be signed")
      ->type_name("FILE")
      ->group(kTrustGroup);
  app.add_option("--strategy", strategy_,
                 "Which signatures count, such as CreativeIntegrity or "
                 "MultipleAttestation[creator,host] (default GreedyVerification)")
      ->type_name("NAME")
      ->group(kTrustGroup);
}

Result<std::optional<bindle::Trust>> BindleTrustFlags::trust() const {
  if (keyring_.empty()) {
    if (!strategy_.empty()) return fail("--strategy needs --keyring");
    return std::nullopt;
  }
  bindle::Trust trust;
  auto keyring = bindle::loadKeyring(keyring_);
  if (!keyring) return std::unexpected(keyring.error());
  trust.keyring = *std::move(keyring);
  if (!strategy_.empty()) {
    auto strategy = bindle::parseStrategy(strategy_);
    if (!strategy) return std::unexpected(strategy.error());
    trust.strategy = *std::move(strategy);
  }
  return trust;
}

BindleCommand::BindleCommand(const char* subcommand, const Page& page, Signatures signatures)
    : app_("", fmt::format("wagi bindle {}", subcommand)), signatures_(signatures) {
  setPage(app_, page);
  app_.add_option("ID", id_text_, "NAME/VERSION")->required();
}

std::optional<int> BindleCommand::parse(const Arguments& words) {
  server_flags_.addTo(app_);
  if (signatures_ == Signatures::kAskedFor) trust_flags_.addTo(app_);
  if (const auto code = cli::parse(app_, words)) return code;
  auto id = bindle::parseId(id_text_);
  if (!id) return usageError(app_, id.error().message);
  id_ = *std::move(id);
  auto trust = trust_flags_.trust();
  if (!trust) return usageError(app_, trust.error().message);
  trust_ = *std::move(trust);
  return std::nullopt;
}

Result<void> signAs(bindle::Role role, const std::string& key_file, bindle::Invoice& invoice) {
  const auto keys = bindle::loadSecretKeys(key_file);
  if (!keys) return std::unexpected(keys.error());
  for (const bindle::SecretKey& key : *keys) {
    if (!key.has(role)) continue;
    const auto entry = bindle::publicEntryOf(key);
    if (!entry) return std::unexpected(entry.error());
    for (const bindle::Signature& signature : invoice.signatures) {
      if (signature.key == entry->key && signature.role == role) return {};
    }
    return bindle::sign(invoice, key, role, static_cast<std::uint64_t>(std::time(nullptr)));
  }
  return fail(fmt::format("{} has no key for the role {}", key_file, bindle::text(role)));
}

int bindleFailed(std::string_view command, std::string_view why) {
  say(stderr, "wagi bindle {}: {}\n", command, why);
  return kExitFailed;
}

}  // namespace wagi::cli
