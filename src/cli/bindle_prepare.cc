// `wagi bindle prepare`
#include <fmt/core.h>
#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>

#include "base/file.h"
#include "base/say.h"
#include "cli/bindle.h"
#include "cli/store_flag.h"
#include "config/toml_reader.h"
#include "supply/bindle/standalone.h"
#include "supply/hippo/expand.h"
#include "supply/hippo/version.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi bindle prepare [FOLDER] [OPTIONS]",
    .description =
        "Makes a bindle of a project folder, as its HIPPOFACTS says: an invoice, a parcel for "
        "each\n"
        "module and for each file that a module sees. It is sent to a Bindle server, or with "
        "--out\n"
        "written to a folder of standalone bindles, to be served with --bindle-path. Its version "
        "is\n"
        "a new one each time, VERSION-USER-TIME, unless --production or --version-suffix says\n"
        "otherwise: what a server has never changes.",
    .examples =
        "  wagi bindle prepare --out bindles\n"
        "  wagi bindle prepare site --url http://127.0.0.1:8080/v1 --key me.toml\n"
        "  wagi bindle prepare --production --out bindles"};

struct Options {
  std::string folder = ".";
  std::string out;
  std::optional<std::string> suffix;
  bool production = false;
  std::string key_file;
  std::string store;
  std::optional<bindle::Server> server;
};

std::string userName() {
  for (const char* name : {"USER", "LOGNAME"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  const passwd* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? "" : entry->pw_name;
}

std::string versionOf(const Options& options, const std::string& version) {
  if (options.production) return version;
  if (options.suffix) return hippo::suffixedVersion(version, *options.suffix);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return hippo::developmentVersion(
      version, userName(), std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

std::unexpected<Error> failure(const std::string& file, const hippo::Diagnostics& mistakes) {
  return fail(fmt::format("{} can't be used:\n{}", file, config::text(mistakes)));
}

Result<hippo::Expansion> expandFolder(const Options& options, const store::Store& store,
                                      hippo::Externals& externals) {
  const auto file = hippo::findHippofacts(options.folder);
  if (!file) return std::unexpected(file.error());
  const std::string path = std::filesystem::path(*file).parent_path().string();
  const auto folder = glob::Folder::open(path.empty() ? "." : path);
  if (!folder) return std::unexpected(folder.error());
  const auto text = readFile(*file, config::kFileBytesMax);
  if (!text) return std::unexpected(text.error());
  const auto facts = hippo::parse(*text, *file);
  if (!facts) return failure(*file, facts.error());
  auto expansion =
      hippo::expand(*facts, *folder, versionOf(options, facts->id.version), externals,
                    [&](hippo::Part, std::string_view bytes) { return store.put(bytes); });
  if (!expansion) return failure(*file, expansion.error());
  return *std::move(expansion);
}

// The path of a parcel's file: in the folder, or in the store, taken from the bindle that has it.
Result<std::string> pathOf(const bindle::NeededParcel& parcel, const hippo::Expansion& expansion,
                           const store::Store& store, hippo::Externals& externals) {
  if (auto path = store.find(parcel.digest)) return *std::move(path);
  const auto from = expansion.elsewhere.find(parcel.digest);
  if (from == expansion.elsewhere.end()) return fail(fmt::format("{} is lost", parcel.name));
  if (auto taken = externals.take(from->second, {parcel}, store); !taken) {
    return std::unexpected(std::move(taken.error()));
  }
  return store.find(parcel.digest).value_or("");
}

// Writes the standalone bindle; returns a sentence that says what was done.
Result<std::string> writeOut(const Options& options, const hippo::Expansion& expansion,
                             const store::Store& store, hippo::Externals& externals) {
  const auto parcels = bindle::allParcelsOf(expansion.invoice);
  for (const bindle::NeededParcel& parcel : parcels) {
    if (auto path = pathOf(parcel, expansion, store, externals); !path) return path;
  }
  auto written = bindle::writeStandalone(options.out, expansion.invoice, store);
  if (!written) return written;
  return fmt::format("{} parcel{} in {}", parcels.size(), parcels.size() == 1 ? "" : "s", *written);
}

Result<std::string> push(const Options& options, const hippo::Expansion& expansion,
                         const store::Store& store, hippo::Externals& externals) {
  const auto parcels = bindle::allParcelsOf(expansion.invoice);
  const auto find = [&](const store::Digest& digest) -> std::optional<std::string> {
    const auto parcel = std::ranges::find(parcels, digest, &bindle::NeededParcel::digest);
    if (parcel == parcels.end()) return std::nullopt;
    auto path = pathOf(*parcel, expansion, store, externals);
    return path ? std::optional(*std::move(path)) : std::nullopt;
  };
  bindle::Client client(*options.server);
  const auto pushed = client.push(expansion.invoice, find);
  if (!pushed) return fail(pushed.error().message);
  return fmt::format("{}, {} of {} parcels sent", pushed->existed ? "was there already" : "created",
                     pushed->uploaded, parcels.size());
}

Result<std::string> prepare(const Options& options) {
  const auto store = store::Store::open(options.store);
  if (!store) return std::unexpected(store.error());
  std::unique_ptr<hippo::Externals> externals =
      std::make_unique<hippo::NoExternals>(hippo::NoExternals::Why::kNoneNamed);
  if (options.server) externals = std::make_unique<hippo::ServerExternals>(*options.server);
  auto expansion = expandFolder(options, *store, *externals);
  if (!expansion) return std::unexpected(expansion.error());
  for (const config::Diagnostic& warning : expansion->warnings) {
    say(stderr, "{} (warning)\n", warning.text());
  }
  bindle::Invoice& invoice = expansion->invoice;
  if (!options.key_file.empty()) {
    if (auto good = signAs(bindle::Role::kCreator, options.key_file, invoice); !good) {
      return std::unexpected(good.error());
    }
  }
  auto done = options.out.empty() ? push(options, *expansion, *store, *externals)
                                  : writeOut(options, *expansion, *store, *externals);
  if (!done) return done;
  return fmt::format("{}: {}", invoice.id.text(), *done);
}

}  // namespace

int bindlePrepare(const Arguments& words) {
  CLI::App app("", "wagi bindle prepare");
  setPage(app, kPage);
  Options options;
  BindleServerFlags server_flags;
  app.add_option("FOLDER", options.folder, "The folder of the HIPPOFACTS, or itself (.)");
  app.add_option("--out", options.out, "Folder of standalone bindles, made where it is missing")
      ->type_name("DIR");
  auto* production =
      app.add_flag("--production", options.production, "The version is the one in HIPPOFACTS");
  app.add_option("--version-suffix", options.suffix, "The version is VERSION-SUFFIX")
      ->type_name("SUFFIX")
      ->excludes(production);
  app.add_option("--key", options.key_file, "Secret keys, of which the first creator's signs it")
      ->type_name("FILE");
  addStoreFlag(app, options.store, kBindleStoreNames);
  server_flags.addTo(app);
  if (const auto code = parse(app, words)) return *code;
  // With --out, only externals come from the server.
  auto server = server_flags.server();
  if (server) {
    options.server = *std::move(server);
  } else if (options.out.empty() || server_flags.isGiven()) {
    return usageError(app, options.out.empty() ? server.error().message + "; or give --out DIR"
                                               : server.error().message);
  }
  const auto done = prepare(options);
  if (!done) return bindleFailed("prepare", done.error().message);
  say(stdout, "{}\n", *done);
  return kExitOk;
}

}  // namespace wagi::cli
