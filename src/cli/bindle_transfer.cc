// `wagi bindle push` and `wagi bindle pull`

#include "base/say.h"
#include "cli/bindle.h"
#include "cli/progress.h"
#include "cli/store_flag.h"
#include "supply/bindle/standalone.h"

namespace wagi::cli {
namespace {

constexpr Page kPushPage{
    .usage = "wagi bindle push ID --from DIR [OPTIONS]",
    .description =
        "Sends the bindle ID, NAME/VERSION, of a folder of standalone bindles to a "
        "server: its\n"
        "invoice, then those of its parcels that the server doesn't have. What is there "
        "already\n"
        "stays as it is: an invoice never changes.",
    .examples =
        "  wagi bindle push example.com/hello/1.2.3 --from bindles --url "
        "http://127.0.0.1:8080/v1\n"
        "  wagi bindle push hello/1.2.3 --from bindles --key me.toml"};

constexpr Page kPullPage{
    .usage = "wagi bindle pull ID [OPTIONS]",
    .description =
        "Brings the bindle ID, NAME/VERSION, from a server into the store with all its "
        "parcels, or\n"
        "into a folder of standalone bindles, to be served with --bindle-path.",
    .examples =
        "  wagi bindle pull example.com/hello/1.2.3 --url https://bindle.example.com/v1\n"
        "  wagi bindle pull hello/1.2.3 --to bindles --keyring keyring.toml"};

}  // namespace

int bindlePush(const Arguments& words) {
  BindleCommand command("push", kPushPage, BindleCommand::Signatures::kNotAskedFor);
  std::string folder;
  std::string key_file;
  std::string store_directory;
  CLI::App& app = command.app();
  app.add_option("--from,--bindle-path", folder, "Folder of standalone bindles")
      ->type_name("DIR")
      ->required();
  app.add_option("--key", key_file, "Secret keys, of which the first creator's signs it first")
      ->type_name("FILE");
  addStoreFlag(app, store_directory, kBindleStoreNames);
  if (const auto code = command.parse(words)) return *code;
  const auto server = command.server();
  if (!server) return usageError(app, server.error().message);

  const auto failed = [](std::string_view why) { return bindleFailed("push", why); };
  const auto standalone = bindle::Standalone::open(folder, command.id());
  if (!standalone) return failed(standalone.error().message);
  bindle::Invoice invoice = standalone->invoice();
  if (!key_file.empty()) {
    if (auto good = signAs(bindle::Role::kCreator, key_file, invoice); !good) {
      return failed(good.error().message);
    }
  }
  const auto store = store::Store::open(store_directory);
  if (!store) return failed(store.error().message);
  if (auto taken = standalone->takeAll(*store); !taken) return failed(taken.error().message);
  bindle::Client client(*server);
  const auto pushed = [&] {
    ProgressLine line;
    return client.push(
        invoice, [&](const store::Digest& digest) { return store->find(digest); },
        [&](std::uint64_t done, std::optional<std::uint64_t> all) { line.show(done, all); });
  }();
  if (!pushed) return failed(pushed.error().message);
  say(stdout, "{}: {}, {} of {} parcels sent\n", command.id().text(),
      pushed->existed ? "was there already" : "created", pushed->uploaded,
      bindle::allParcelsOf(pushed->invoice).size());
  return kExitOk;
}

int bindlePull(const Arguments& words) {
  BindleCommand command("pull", kPullPage, BindleCommand::Signatures::kAskedFor);
  std::string folder;
  std::string store_directory;
  CLI::App& app = command.app();
  app.add_option("--to", folder, "Folder of standalone bindles, made where it is missing")
      ->type_name("DIR");
  addStoreFlag(app, store_directory, kBindleStoreNames);
  if (const auto code = command.parse(words)) return *code;
  const auto server = command.server();
  if (!server) return usageError(app, server.error().message);

  const auto failed = [](std::string_view why) { return bindleFailed("pull", why); };
  const auto store = store::Store::open(store_directory);
  if (!store) return failed(store.error().message);
  const auto invoice = [&] {
    ProgressLine line;
    return bindle::pull(
        command.id(), *server, command.trust(), *store,
        [&](std::uint64_t done, std::optional<std::uint64_t> all) { line.show(done, all); });
  }();
  if (!invoice) return failed(invoice.error().message);
  std::string place = store->directory();
  if (!folder.empty()) {
    const auto written = bindle::writeStandalone(folder, *invoice, *store);
    if (!written) return failed(written.error().message);
    place = *written;
  }
  const std::size_t count = bindle::allParcelsOf(*invoice).size();
  say(stdout, "{}: {} parcel{} in {}\n", command.id().text(), count, count == 1 ? "" : "s", place);
  return kExitOk;
}

}  // namespace wagi::cli
