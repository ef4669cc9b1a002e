#include "cli/registry_flags.h"

#include "base/file.h"
#include "base/printable.h"
#include "base/say.h"
#include "config/config.h"

namespace wagi::cli {
namespace {

constexpr std::uint64_t kConfigBytesMax = 16 << 20;

}  // namespace

void RegistryFlags::addTo(CLI::App& app) {
  app.add_option("-c,--config", config_, "Take [registries] and [trust] of this modules.toml")
      ->type_name("FILE");
  app.add_option("--ca-file", ca_file_, "Trust these certificates too, in PEM")->type_name("FILE");
  app.add_flag("--plain-http", plain_http_, "Speak to the registry without encryption");
}

Result<oci::Access> RegistryFlags::access(const oci::Reference& reference) const {
  config::Config config;
  if (config_) {
    const auto text = readFile(*config_, kConfigBytesMax);
    if (!text) return std::unexpected(text.error());
    auto parsed = config::parse(*text, *config_);
    if (!parsed) return fail(config::text(parsed.error()));
    config = *std::move(parsed);
  }
  auto access = oci::accessOf(config.registries, config.trust);
  if (!access) return access;
  if (ca_file_) access->client.ca_file = ca_file_;
  if (plain_http_) access->plain_http.push_back(reference.registry);
  return access;
}

Result<std::string> readPem(const std::string& path) {
  constexpr std::uint64_t kBytesMax = 64 << 10;
  return readFile(path, kBytesMax);
}

int failed(const CLI::App& app, const Error& error) {
  say(stderr, "{}: {}\n", app.get_name(), printable(error.message, kMessageBytesMax));
  return kExitFailed;
}

}  // namespace wagi::cli
