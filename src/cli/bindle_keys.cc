// `wagi bindle keys`
#include <fmt/core.h>

#include "base/say.h"
#include "cli/bindle.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi bindle keys [OPTIONS]\n       wagi bindle keys --create FILE --label NAME",
    .description =
        "Prints a server's public keys as a keyring. With --create, makes a secret key of one's "
        "own "
        "in\n"
        "a new file, to sign with, and prints its public key as a keyring, for a server's "
        "operator.",
    .examples =
        "  wagi bindle keys --url https://bindle.example.com/v1 > keyring.toml\n"
        "  wagi bindle keys --create me.toml --label 'Me <me@example.com>' > keyring.toml"};

int create(const std::string& path, const std::string& label,
           const std::vector<bindle::Role>& roles) {
  const auto key = bindle::generateKey(label, roles);
  if (!key) return bindleFailed("keys", key.error().message);
  const auto entry = bindle::publicEntryOf(*key);
  if (!entry) return bindleFailed("keys", entry.error().message);
  if (auto saved = bindle::saveSecretKeys(path, {*key}); !saved) {
    return bindleFailed("keys", saved.error().message);
  }
  printOutput(bindle::write(bindle::valueOf(bindle::Keyring{{*entry}}), bindle::Format::kToml));
  return kExitOk;
}

}  // namespace

int bindleKeys(const Arguments& words) {
  CLI::App app("", "wagi bindle keys");
  setPage(app, kPage);
  std::string path;
  std::string label;
  std::vector<std::string> role_names{"creator"};
  BindleServerFlags server_flags;
  auto* created = app.add_option("--create", path, "Make a secret key in this new file");
  created->type_name("FILE");
  app.add_option("--label", label, "Whose key it is")->type_name("NAME")->needs(created);
  app.add_option("--role", role_names,
                 "What it may sign as: creator, proxy, host, approver (default creator)")
      ->type_name("ROLE")
      ->needs(created);
  server_flags.addTo(app);
  if (const auto code = parse(app, words)) return *code;
  if (!path.empty()) {
    if (label.empty()) return usageError(app, "--create needs --label");
    std::vector<bindle::Role> roles;
    for (const std::string& name : role_names) {
      const auto role = bindle::parseRole(name);
      if (!role) return usageError(app, fmt::format("there is no role '{}'", name));
      roles.push_back(*role);
    }
    return create(path, label, roles);
  }
  const auto server = server_flags.server();
  if (!server) return usageError(app, server.error().message);
  bindle::Client client(*server);
  const auto keyring = client.keys();
  if (!keyring) return bindleFailed("keys", keyring.error().message);
  printOutput(bindle::write(bindle::valueOf(*keyring), bindle::Format::kToml));
  return kExitOk;
}

}  // namespace wagi::cli
