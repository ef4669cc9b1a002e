#include "cli/server_flags.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/log.h"
#include "config/address.h"
#include "config/env_pair.h"

namespace wagi::cli {
namespace {

constexpr int kOneOrMore = -1;  // CLI11's number for an option that takes all values behind it.

// Makes CLI11's kind of validator from a parser of our own.
template <class Parse>
CLI::Validator acceptedBy(Parse parse) {
  return CLI::Validator(
      [parse](std::string& text) -> std::string {
        const auto parsed = parse(text);
        return parsed ? std::string() : parsed.error().message;
      },
      "");
}

bool isSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

void ServerFlags::addTo(CLI::App& app, Source source) {
  addSources(app, source);
  addAddresses(app);
  addVariables(app);
  addDirectories(app);
  addProcesses(app);
}

void ServerFlags::addSources(CLI::App& app, Source source) {
  constexpr auto kGroup = "What to serve";
  const auto names = source == Source::kFlag ? "-c,--config" : "-c,--config,FILE";
  app.add_option(names, config_, "The modules.toml")->type_name("FILE")->group(kGroup);
  app.add_option("-f,--hippofacts", project_, "A HIPPOFACTS or its folder, served as it is")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_flag("--offline", offline_, "Fetch nothing: what was fetched before has to do")
      ->group(kGroup);
  app.add_option("-b,--bindle", bindle_.id, "A bindle, NAME/VERSION")
      ->type_name("ID")
      ->group(kGroup);
  app.add_option("--bindle-keyring", bindle_.keyring,
                 "Public keys, of which one must have signed the bindle, or with -f its externals")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option("--bindle-path", bindle_.path,
                 "Folder of standalone bindles; with -f, where its externals are")
      ->type_name("DIR")
      ->group(kGroup);
  app.add_option("--bindle-url", bindle_.url,
                 "Bindle server, with its /v1 (env BINDLE_URL); with -f, where its externals are")
      ->type_name("URL")
      ->group(kGroup);
  app.add_option("--bindle-http-user", bindle_.user, "Name there (env BINDLE_HTTP_USER)")
      ->type_name("NAME")
      ->group(kGroup);
  app.add_option("--bindle-http-password", bindle_.password,
                 "Password there (env BINDLE_HTTP_PASSWORD)")
      ->type_name("PASSWORD")
      ->group(kGroup);
  app.add_flag("-k,--bindle-insecure", bindle_.insecure, "Ignore its certificate's errors")
      ->group(kGroup);
}

void ServerFlags::addAddresses(CLI::App& app) {
  constexpr auto kGroup = "Addresses";
  app.add_option(
         "-l,--listen", settings_.listen,
         "Where to listen: also unix:PATH or systemd:NAME; port 0 takes a free one (default "
         "127.0.0.1:3000)")
      ->type_name("IP:PORT")
      ->check(acceptedBy(config::parseEndpoint))
      ->group(kGroup);
  app.add_option("--hostname,--default-host", settings_.hostname,
                 "What guests see as the server's name where a request doesn't say it (default "
                 "localhost:3000)")
      ->type_name("HOST[:PORT]")
      ->check(acceptedBy(config::parseHostPort))
      ->group(kGroup);
  app.add_option("--tls-cert", settings_.tls_cert, "Serve HTTPS with this certificate chain")
      ->type_name("FILE")
      ->envname("WAGI_TLS_CERT")
      ->group(kGroup);
  app.add_option("--tls-key", settings_.tls_key, "The certificate's key")
      ->type_name("FILE")
      ->envname("WAGI_TLS_KEY")
      ->group(kGroup);
}

void ServerFlags::addVariables(CLI::App& app) {
  constexpr auto kGroup = "Environment of all modules";
  app.add_option("-e,--env", variables_, "Variables; several may follow one flag")
      ->type_name("K=V")
      ->expected(1, kOneOrMore)
      ->check(acceptedBy(config::parseEnvPair))
      ->group(kGroup);
  app.add_option("--env-file", settings_.env_files, "Files of NAME=VALUE lines; --env wins")
      ->type_name("FILE")
      ->expected(1, kOneOrMore)
      ->group(kGroup);
}

void ServerFlags::addDirectories(CLI::App& app) {
  constexpr auto kGroup = "Files";
  app.add_option("--cache", settings_.cache_file,
                 "Configuration of the cache of compiled code (default cache.toml, if it exists)")
      ->type_name("FILE")
      ->group(kGroup);
  app.add_option(
         "--module-cache", settings_.module_cache,
         "Store of what is fetched; made if missing (default wagi/store in the user's cache)")
      ->type_name("DIR")
      ->group(kGroup);
  app.add_option("--log-dir", settings_.log_dir,
                 "For what guests print on stderr (default a temporary one)")
      ->type_name("DIR")
      ->envname("WAGI_LOG_DIR")
      ->group(kGroup);
}

void ServerFlags::addProcesses(CLI::App& app) {
  constexpr auto kGroup = "The server itself";
  app.add_option("--workers", settings_.workers,
                 "Processes that answer requests (default one a core); 0: all in one process, for "
                 "a debugger")
      ->type_name("N")
      ->check(CLI::Range(std::uint64_t{0}, config::kWorkersMax))
      ->group(kGroup);
  app.add_option("--user", settings_.user,
                 "Started as root: the user that the workers become, by name or number")
      ->type_name("USER")
      ->group(kGroup);
  // A callback, since CLI11 would set a bound optional to false where the flag is absent.
  app.add_flag_callback(
         "--watch", [this] { settings_.watch = true; }, "Reload when a file changes, as on SIGHUP")
      ->group(kGroup);
  app.add_option("--log-format", log_format_, "How the log on stderr looks (default text)")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}))
      ->group(kGroup);
}

Result<std::optional<source::BindleSource>> ServerFlags::bindle() const {
  const bool any = !bindle_.id.empty() || !bindle_.path.empty() || !bindle_.url.empty() ||
                   !bindle_.user.empty() || !bindle_.keyring.empty() || !bindle_.password.empty() ||
                   bindle_.insecure;
  // BINDLE_URL alone doesn't ask for a bindle, since a shell may be set up for several. With a
  // project, though, it says where its externals are.
  const bool is_project = !project_.empty();
  if (!any && !(is_project && isSet("BINDLE_URL"))) return std::nullopt;
  const bool has_user = !bindle_.user.empty() || isSet("BINDLE_HTTP_USER");
  const bool has_password = !bindle_.password.empty() || isSet("BINDLE_HTTP_PASSWORD");
  if (has_user && !has_password) {
    return fail("--bindle-http-user needs --bindle-http-password");
  }
  if (has_password && !has_user) {
    return fail("--bindle-http-password needs --bindle-http-user");
  }
  if (bindle_.id.empty() && !is_project) {
    return fail("the --bindle-... flags need a bindle, -b NAME/VERSION, or a HIPPOFACTS, -f FILE");
  }
  const bool has_url = !bindle_.url.empty() || (bindle_.path.empty() && isSet("BINDLE_URL"));
  if (has_url == !bindle_.path.empty()) {
    return fail(fmt::format("{} needs exactly one of --bindle-path and --bindle-url",
                            is_project ? "-f with --bindle-... flags, for its externals," : "-b"));
  }
  source::BindleSource source = bindle_;
  if (has_url && source.url.empty()) source.url = std::getenv("BINDLE_URL");
  if (has_user && source.user.empty()) source.user = std::getenv("BINDLE_HTTP_USER");
  if (has_password && source.password.empty()) {
    source.password = std::getenv("BINDLE_HTTP_PASSWORD");
  }
  return source;
}

std::expected<supervisor::Flags, int> ServerFlags::finish(const CLI::App& app) const {
  const auto mistake = [&](std::string_view message) {
    return std::unexpected(usageError(app, message));
  };
  const int sources = !config_.empty() + !bindle_.id.empty() + !project_.empty();
  if (sources > 1) return mistake("give one of -c, -b and -f, not several");
  auto source = bindle();
  if (!source) return mistake(source.error().message);
  if (sources == 0) {
    return mistake(
        "nothing to serve: give a modules.toml with -c FILE, a bindle with -b or a HIPPOFACTS with "
        "-f");
  }
  supervisor::Flags flags{.config_file = config_,
                          .bindle = bindle_.id.empty() ? std::nullopt : *source,
                          .project = project_,
                          .externals = project_.empty() ? std::nullopt : *source,
                          .offline = offline_,
                          .settings = settings_};
  for (const std::string& variable : variables_) {
    if (auto pair = config::parseEnvPair(variable)) {  // Never fails: the option has validated it.
      flags.settings.environment.push_back(*std::move(pair));
    }
  }
  if (log_format_ == "json") flags.settings.log_format = LogFormat::kJson;
  if (log_format_ == "text") flags.settings.log_format = LogFormat::kText;
  return flags;
}

std::expected<supervisor::Validated, int> ServerFlags::validate(const CLI::App& app,
                                                                std::FILE* out) const {
  const auto flags = finish(app);
  if (!flags) return std::unexpected(flags.error());
  initLog(LogFormat::kText);
  auto validated = supervisor::validate(*flags);
  if (validated) return *std::move(validated);
  sayEach(out, validated.error());
  return std::unexpected(kExitFailed);
}

}  // namespace wagi::cli
