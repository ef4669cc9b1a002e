// `wagi pull`
#include "supply/oci/pull.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/printable.h"
#include "base/say.h"
#include "cli/progress.h"
#include "cli/registry_flags.h"
#include "cli/store_flag.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi pull [OPTIONS] REFERENCE",
    .description =
        "Fetches a module from an OCI registry into the store, verified, and prints the reference\n"
        "with its digest, by which it never changes. Credentials are Docker's (`docker login`).\n"
        "REFERENCE is oci://REGISTRY/NAME:TAG, oci:NAME:TAG, either with @sha256:DIGEST.",
    .examples =
        "  wagi pull oci://ghcr.io/acme/hello:1.0\n"
        "  wagi pull oci://localhost:5000/hello:1.0 -o hello.wasm\n"
        "  wagi pull --key acme.pub oci://ghcr.io/acme/hello:1.0"};

struct Options {
  std::string reference, store;
  std::optional<std::string> output, key;
  bool offline = false;
};

// Copies a file so that `to` appears whole or not at all.
Result<void> copy(const std::string& from, const std::string& to) {
  std::error_code error;
  const std::string part = fmt::format("{}.part{}", to, ::getpid());
  std::filesystem::copy_file(from, part, std::filesystem::copy_options::overwrite_existing, error);
  using std::filesystem::perms;
  if (!error) {
    std::filesystem::permissions(
        part, perms::owner_read | perms::owner_write | perms::group_read | perms::others_read,
        error);
  }
  if (!error) std::filesystem::rename(part, to, error);
  if (!error) return {};
  std::error_code ignored;
  std::filesystem::remove(part, ignored);
  return fail(fmt::format("can't write {}: {}", to, error.message()));
}

Result<void> requireKey(const std::string& path, const oci::Reference& reference,
                        oci::Access& access) {
  const auto pem = readPem(path);
  if (!pem) return std::unexpected(pem.error());
  auto key = trust::PublicKey::parse(*pem);
  if (!key) return fail(fmt::format("{}: {}", path, key.error().message));
  access.policy.add(path, *std::move(key));
  access.policy.add({reference.name(), {path}});
  return {};
}

Result<void> pullModule(const Options& options, const RegistryFlags& registry) {
  const auto reference = oci::parseReference(options.reference);
  if (!reference) return std::unexpected(reference.error());
  auto access = registry.access(*reference);
  if (!access) return std::unexpected(std::move(access.error()));
  access->offline = options.offline;
  if (options.key) {
    if (auto required = requireKey(*options.key, *reference, *access); !required) return required;
  }
  const auto store = store::Store::open(options.store);
  if (!store) return std::unexpected(store.error());
  ProgressLine line;
  const auto pulled = oci::pull(
      *reference, *store, *access,
      [&](std::uint64_t done, std::optional<std::uint64_t> all) { line.show(done, all); });
  if (!pulled) return std::unexpected(pulled.error());
  for (const std::string& warning : pulled->warnings) {
    say(stderr, "wagi pull: {} (warning)\n", printable(warning, kMessageBytesMax));
  }
  if (options.output) {
    if (auto copied = copy(pulled->path, *options.output); !copied) return copied;
  }
  oci::Reference fixed = *reference;
  fixed.digest = pulled->manifest;
  say(stdout, "{}\n", fixed.text());
  return {};
}

}  // namespace

int pull(const Arguments& words) {
  Options options;
  RegistryFlags registry;
  CLI::App app("", "wagi pull");
  setPage(app, kPage);
  app.add_option("REFERENCE", options.reference, "The module's reference")->required();
  app.add_option("-o,--output", options.output, "Write the module there too")->type_name("FILE");
  app.add_option("--key", options.key, "Refuse it unless it is signed by this public key")
      ->type_name("FILE");
  app.add_flag("--offline", options.offline, "Take it from the store, and ask no registry");
  registry.addTo(app);
  addStoreFlag(app, options.store);
  if (const auto code = parse(app, words)) return *code;
  const auto done = pullModule(options, registry);
  return done ? kExitOk : failed(app, done.error());
}

}  // namespace wagi::cli
