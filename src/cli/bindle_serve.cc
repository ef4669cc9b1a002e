// `wagi bindle serve`
#include <fmt/core.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <ctime>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "cli/bindle.h"
#include "config/address.h"
#include "net/http/server.h"
#include "net/http/tls.h"
#include "net/loop/loop.h"
#include "server/runner/listener.h"
#include "supply/bindle/api.h"

namespace wagi::cli {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kDrainMax{10};

constexpr Page kPage{
    .usage = "wagi bindle serve --directory DIR [OPTIONS]",
    .description =
        "Is a Bindle server: takes invoices that a key of the keyring signed, and their parcels, "
        "and\n"
        "gives them out. What it has is in DIR, made where it is missing, with the key that it "
        "signs "
        "with\n"
        "itself (host_key.toml). Runs until SIGTERM or SIGINT.",
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
  bool anonymous_get = false;
  bool is_unsigned = false;
  BindleTrustFlags trust;
};

void addTo(CLI::App& app, Options& options) {
  app.add_option("--directory,-d", options.directory, "What it has")->type_name("DIR")->required();
  app.add_option("-l,--listen", options.listen, "Where to listen; port 0 takes a free one")
      ->type_name("IP:PORT")
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

Result<bindle::ApiSettings> settingsOf(const Options& options) {
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
  return settings;
}

// The certificate, which the context borrows.
struct Tls {
  http::ServerCertificate certificate;
  http::TlsContext context;
};

Result<std::unique_ptr<Tls>> tlsOf(const Options& options) {
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return fail("--tls-cert and --tls-key need each other");
  }
  if (options.tls_cert.empty()) return nullptr;
  auto certificate = http::ServerCertificate::load(options.tls_cert, options.tls_key);
  if (!certificate) return std::unexpected(certificate.error());
  for (const std::string& warning : certificate->warnings(std::chrono::system_clock::now())) {
    spdlog::warn("TLS: {}", warning);
  }
  auto context = http::TlsContext::create({}, *certificate);
  if (!context) return std::unexpected(context.error());
  return std::make_unique<Tls>(*std::move(certificate), *std::move(context));
}

void serveUntilSignal(bindle::Api& api, runner::Listener listener, const http::TlsContext* tls) {
  asio::io_context loop{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
  asio::signal_set signals(loop, SIGTERM, SIGINT);
  asio::steady_timer drain_timer(loop);
  const SystemClock clock;
  loop::Loop waits(loop, clock);
  http::Server server(waits, api, {});
  server.listen(std::move(listener.fd), tls);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    signals.async_wait([&](const auto& again, int) {
      if (!again) loop.stop();
    });
    server.drain(http::Drain::kStop, [&] { loop.stop(); });
    drain_timer.expires_after(kDrainMax);
    drain_timer.async_wait([&](const auto& early) {
      if (!early) loop.stop();
    });
  });
  loop.run();
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
  initLog(LogFormat::kText);
  ::signal(SIGPIPE, SIG_IGN);

  const auto failed = [](const Error& error) { return bindleFailed("serve", error.message); };
  auto settings = settingsOf(options);
  if (!settings) return failed(settings.error());
  const auto tls = tlsOf(options);
  if (!tls) return failed(tls.error());
  auto repository = bindle::Repository::open(options.directory);
  if (!repository) return failed(repository.error());
  auto host_key = hostKey(options);
  if (!host_key) return failed(host_key.error());
  settings->host_key = *std::move(host_key);
  auto listener = runner::listenOn(*endpoint);
  if (!listener) return failed(listener.error());

  const bool has_keys = !settings->trust || !settings->trust->keyring.keys.empty();
  bindle::Api api(*repository, *std::move(settings));
  spdlog::info("bindles at {}://{}/v1, {} invoices in {}", *tls ? "https" : "http",
               listener->endpoint.text(), repository->size(), options.directory);
  if (!has_keys) {
    spdlog::warn(
        "no invoice can be created: give the keys of those who may sign with --keyring, "
        "or --unsigned");
  }
  serveUntilSignal(api, *std::move(listener), *tls ? &(*tls)->context : nullptr);
  return kExitOk;
}

}  // namespace wagi::cli
