// `wagi bindle serve`
#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <ctime>
#include <utility>

#include "base/log.h"
#include "cli/bindle.h"
#include "config/address.h"
#include "config/config.h"
#include "server/bindle_server/bindle_server.h"
#include "server/runner/resources.h"
#include "supply/bindle/api.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi bindle serve --directory DIR [OPTIONS]",
    .description =
        "Is a Bindle server: takes invoices that a key of the keyring signed, and their parcels, "
        "and\n"
        "gives them out. What it has is in DIR, made where it is missing, with the key that it "
        "signs "
        "with\n"
        "itself (host_key.toml). SIGHUP reads keys, passwords and the certificate anew; SIGTERM "
        "and\n"
        "SIGINT end it.",
    .examples =
        "  wagi bindle serve --directory bindles --keyring keyring.toml\n"
        "  wagi bindle serve --directory bindles --unsigned    # for a machine of one's own\n"
        "  wagi bindle serve --directory bindles --keyring keyring.toml -l 0.0.0.0:8080 \\\n"
        "    --htpasswd users --anonymous-get --tls-cert cert.pem --tls-key key.pem"};

struct Options {
  std::string directory;
  std::string listen = "127.0.0.1:8080";
  std::string htpasswd;
  std::string tls_cert;
  std::string tls_key;
  std::string host_key;
  std::size_t workers = runner::coresAvailable();
  bool anonymous_get = false;
  bool is_unsigned = false;
  BindleTrustFlags trust;
};

void addTo(CLI::App& app, Options& options) {
  app.add_option("--directory,-d", options.directory, "What it has")->type_name("DIR")->required();
  app.add_option("-l,--listen", options.listen, "Where to listen; port 0 takes a free one")
      ->type_name("IP:PORT")
      ->capture_default_str();
  app.add_option("--workers", options.workers, "Processes that answer requests")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{1}, config::kWorkersMax))
      ->capture_default_str();
  app.add_option(
         "--htpasswd", options.htpasswd,
         "Who may use it: NAME:HASH lines, of 'openssl passwd -6' or 'htpasswd -B' (default: "
         "everybody)")
      ->type_name("FILE");
  app.add_flag("--anonymous-get", options.anonymous_get,
               "With --htpasswd: everybody may read, only those may write");
  app.add_flag("--unsigned", options.is_unsigned, "Take invoices without verifying signatures");
  app.add_option("--host-key", options.host_key,
                 "Secret keys, of which the first host's signs (default DIR/host_key.toml, made "
                 "where it is missing)")
      ->type_name("FILE");
  app.add_option("--tls-cert", options.tls_cert, "Serve HTTPS with this certificate chain")
      ->type_name("FILE");
  app.add_option("--tls-key", options.tls_key, "The certificate's key")->type_name("FILE");
  options.trust.addTo(app);
}

Result<bindle::SecretKey> hostKey(const Options& options) {
  std::string path = options.host_key;
  if (path.empty()) {
    path = options.directory + "/host_key.toml";
    if (::access(path.c_str(), F_OK) != 0) {
      auto made = bindle::generateKey("host", {bindle::Role::kHost});
      if (!made) return made;
      if (auto saved = bindle::saveSecretKeys(path, {*made}); !saved) {
        return std::unexpected(saved.error());
      }
      return made;
    }
  }
  auto keys = bindle::loadSecretKeys(path);
  if (!keys) return std::unexpected(keys.error());
  for (bindle::SecretKey& key : *keys) {
    if (key.has(bindle::Role::kHost)) return std::move(key);
  }
  return fail(fmt::format("{} has no key for the role host", path));
}

Result<bindle::ApiSettings> apiSettingsOf(const Options& options) {
  bindle::ApiSettings settings;
  settings.anonymous_reads = options.anonymous_get;
  settings.now = [] { return static_cast<std::uint64_t>(std::time(nullptr)); };
  auto trust = options.trust.trust();
  if (!trust) return std::unexpected(trust.error());
  if (options.is_unsigned && *trust) return fail("give either --keyring or --unsigned, not both");
  // An empty keyring knows nobody, so that nothing can be created.
  if (!options.is_unsigned) settings.trust = trust->value_or(bindle::Trust{});
  if (options.anonymous_get && options.htpasswd.empty()) {
    return fail("--anonymous-get needs --htpasswd");
  }
  if (!options.htpasswd.empty()) {
    auto passwords = bindle::Passwords::load(options.htpasswd);
    if (!passwords) return std::unexpected(passwords.error());
    settings.passwords = *std::move(passwords);
  }
  auto host_key = hostKey(options);
  if (!host_key) return std::unexpected(host_key.error());
  settings.host_key = *std::move(host_key);
  return settings;
}

}  // namespace

int bindleServe(const Arguments& words) {
  CLI::App app("", "wagi bindle serve");
  setPage(app, kPage);
  Options options;
  addTo(app, options);
  if (const auto code = parse(app, words)) return *code;
  const auto endpoint = config::parseEndpoint(options.listen);
  if (!endpoint) return usageError(app, endpoint.error().message);
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return usageError(app, "--tls-cert and --tls-key need each other");
  }
  initLog(LogFormat::kText);
  ::signal(SIGPIPE, SIG_IGN);

  bindle_server::Settings settings{.directory = options.directory,
                                   .endpoint = *endpoint,
                                   .workers = options.workers,
                                   .certificate = {},
                                   .api = [&options] { return apiSettingsOf(options); }};
  if (!options.tls_cert.empty()) settings.certificate = {options.tls_cert, options.tls_key};
  const auto ended = bindle_server::serve(settings);
  return ended ? *ended : bindleFailed("serve", ended.error().message);
}

}  // namespace wagi::cli
