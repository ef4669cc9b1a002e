// `wagi sign`
#include <fmt/core.h>

#include "base/file.h"
#include "base/say.h"
#include "cli/registry_flags.h"
#include "cli/store_flag.h"
#include "supply/oci/signature.h"
#include "supply/trust/key.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi sign --key FILE [OPTIONS] REFERENCE\n       wagi sign --generate-key NAME",
    .description =
        "Signs what a reference stands for, with an ECDSA P-256 or Ed25519 key in PEM. The\n"
        "signature is stored beside it as cosign does, so `cosign verify --key` knows it, and\n"
        "`[trust]` of a modules.toml can demand it.\n\n"
        "--generate-key makes a pair of keys: NAME.key, for its owner only, and NAME.pub.",
    .examples =
        "  wagi sign --generate-key acme\n"
        "  wagi sign --key acme.key oci://ghcr.io/acme/hello:1.0"};

Result<void> generateKey(const std::string& name) {
  const auto key = trust::PrivateKey::generate();
  if (!key) return std::unexpected(key.error());
  const auto secret = key->privatePem();
  const auto open = key->publicPem();
  if (!secret) return std::unexpected(secret.error());
  if (!open) return std::unexpected(open.error());
  if (auto written = writeNewFile(name + ".key", *secret, 0600); !written) return written;
  if (auto written = writeNewFile(name + ".pub", *open, 0644); !written) return written;
  say(stdout, "{}.key\n{}.pub\n", name, name);
  return {};
}

Result<void> signReference(const std::string& text, const std::string& key_path,
                           const std::string& directory, const RegistryFlags& registry) {
  const auto reference = oci::parseReference(text);
  if (!reference) return std::unexpected(reference.error());
  const auto pem = readPem(key_path);
  if (!pem) return std::unexpected(pem.error());
  const auto key = trust::PrivateKey::parse(*pem);
  if (!key) return fail(fmt::format("{}: {}", key_path, key.error().message));
  const auto access = registry.access(*reference);
  if (!access) return std::unexpected(access.error());
  const auto store = store::Store::open(directory);
  if (!store) return std::unexpected(store.error());
  oci::Reference fixed = *reference;
  store::Digest digest;
  const auto done = oci::sign(*reference, *key, *access, *store, digest);
  if (!done) return std::unexpected(done.error());
  fixed.digest = digest;
  say(stdout, "{}{}\n", fixed.text(), *done == oci::Signed::kBefore ? " was signed before" : "");
  return {};
}

}  // namespace

int sign(const Arguments& words) {
  std::string reference, store;
  std::optional<std::string> key, new_key;
  RegistryFlags registry;
  CLI::App app("", "wagi sign");
  setPage(app, kPage);
  app.add_option("REFERENCE", reference, "What to sign");
  app.add_option("--key", key, "The private key")->type_name("FILE");
  app.add_option("--generate-key", new_key, "Make NAME.key and NAME.pub")->type_name("NAME");
  registry.addTo(app);
  addStoreFlag(app, store);
  if (const auto code = parse(app, words)) return *code;
  if (new_key && (key || !reference.empty())) {
    return usageError(app, "--generate-key goes alone: it signs nothing");
  }
  if (!new_key && !key) return usageError(app, "--key is missing");
  if (!new_key && reference.empty()) return usageError(app, "REFERENCE is missing");
  const auto done =
      new_key ? generateKey(*new_key) : signReference(reference, *key, store, registry);
  return done ? kExitOk : failed(app, done.error());
}

}  // namespace wagi::cli
