#include "bindle/load.h"

#include <fmt/format.h>

#include <ctime>
#include <utility>

#include "base/file.h"
#include "bindle/standalone.h"

namespace wagi::bindle {
namespace {

struct Planned {
  std::vector<Handler> handlers;
  std::vector<Needed> needed;
};

// What of `invoice` is served, once it is known to be trusted.
Result<Planned> planOf(const Invoice& invoice, const Source& source) {
  if (source.trust) {
    auto good = verify(invoice, source.trust->strategy, source.trust->keyring);
    if (!good) return std::unexpected(good.error());
  }
  auto handlers = handlersOf(invoice);
  if (!handlers) return std::unexpected(handlers.error());
  auto needed = parcelsOf(*handlers, invoice);
  return Planned{*std::move(handlers), std::move(needed)};
}

// REQUIRES: all that is needed is in the store.
Result<Loaded> record(Invoice invoice, Planned plan, const store::Store& store) {
  const auto digest = store.put(write(invoice, Format::kToml));
  if (!digest) return std::unexpected(digest.error());
  store::Name name{.reference = referenceOf(invoice.id), .digest = *digest};
  name.blobs.push_back(*digest);
  for (const Needed& parcel : plan.needed) name.blobs.push_back(parcel.digest);
  for (Handler& handler : plan.handlers) {
    if (handler.assets.empty()) continue;
    auto tree = store.tree(handler.assets);
    if (!tree) {
      return fail(fmt::format("{}: the files of the module \"{}\": {}", invoice.id.text(),
                              handler.name, tree.error().message));
    }
    name.trees.push_back(*tree);
    handler.tree = *std::move(tree);
  }
  name.used_at = std::time(nullptr);
  if (auto remembered = store.remember(name); !remembered) {
    return std::unexpected(remembered.error());
  }
  return Loaded{std::move(invoice), std::move(plan.handlers), {}};
}

// What was recorded the last time, whole.
Result<Loaded> recall(const Id& id, const Source& source, const store::Store& store) {
  const auto name = store.recall(referenceOf(id));
  const auto path = name ? store.find(name->digest) : std::nullopt;
  if (!path) return fail(fmt::format("{} isn't in the store {}", id.text(), store.directory()));
  const auto text = readFile(*path, kDocumentBytesMax);
  if (!text) return std::unexpected(text.error());
  auto invoice = parseInvoice(*text, Format::kToml, *path);
  if (!invoice) return std::unexpected(invoice.error());
  auto plan = planOf(*invoice, source);
  if (!plan) return std::unexpected(plan.error());
  for (const Needed& parcel : plan->needed) {
    if (store.find(parcel.digest)) continue;
    return fail(fmt::format("the parcel \"{}\" of {} isn't in the store {}", parcel.name, id.text(),
                            store.directory()));
  }
  return record(*std::move(invoice), *std::move(plan), store);
}

Result<Loaded> loadFolder(const Id& id, const Source& source, const std::string& folder,
                          const store::Store& store) {
  const auto standalone = Standalone::open(folder, id);
  if (!standalone) return std::unexpected(standalone.error());
  if (standalone->invoice().isYanked()) return fail(id.text() + " is yanked");
  auto plan = planOf(standalone->invoice(), source);
  if (!plan) return std::unexpected(plan.error());
  if (auto taken = standalone->take(plan->needed, store); !taken) {
    return std::unexpected(taken.error());
  }
  return record(standalone->invoice(), *std::move(plan), store);
}

// The parcels that the store doesn't have.
Answer<void> fetchAll(Client& client, const Id& id, const std::vector<Needed>& needed,
                      const store::Store& store, const fetch::Progress& progress) {
  std::uint64_t all = 0;
  for (const Needed& parcel : needed) all += parcel.size;
  std::uint64_t before = 0;
  for (const Needed& parcel : needed) {
    const auto report = [&](std::uint64_t done, std::optional<std::uint64_t>) {
      if (progress) progress(before + done, all);
    };
    auto fetched = client.fetchParcel(id, parcel.digest, parcel.size, store, report);
    if (!fetched) {
      fetched.error().message =
          fmt::format("the parcel \"{}\": {}", parcel.name, fetched.error().message);
      return fetched;
    }
    before += parcel.size;
  }
  return {};
}

Answer<Loaded> loadServer(const Id& id, const Source& source, const Server& server,
                          const store::Store& store, const fetch::Progress& progress) {
  const auto refused = [](const Error& error) {
    return std::unexpected(Failure{Failure::Kind::kRefused, error.message});
  };
  Client client(server);
  auto invoice = client.invoice(id, Client::Yanked::kRefused);
  if (!invoice) return std::unexpected(invoice.error());
  auto plan = planOf(*invoice, source);
  if (!plan) return refused(plan.error());
  if (auto fetched = fetchAll(client, id, plan->needed, store, progress); !fetched) {
    return std::unexpected(fetched.error());
  }
  auto loaded = record(*std::move(invoice), *std::move(plan), store);
  if (!loaded) return refused(loaded.error());
  return *std::move(loaded);
}

}  // namespace

std::string referenceOf(const Id& id) { return "bindle:" + id.text(); }

Result<Loaded> load(const Id& id, const Source& source, const store::Store& store,
                    const fetch::Progress& progress) {
  if (const auto* folder = std::get_if<Source::Folder>(&source.from)) {
    return loadFolder(id, source, folder->path, store);
  }
  if (source.offline) return recall(id, source, store);
  auto loaded = loadServer(id, source, std::get<Server>(source.from), store, progress);
  if (loaded) return *std::move(loaded);
  if (loaded.error().kind != Failure::Kind::kUnreachable) return fail(loaded.error().message);
  auto stored = recall(id, source, store);
  if (!stored) return fail(fmt::format("{}; {}", loaded.error().message, stored.error().message));
  stored->warnings.push_back(
      fmt::format("{}; the stored copy of {} is served", loaded.error().message, id.text()));
  return stored;
}

}  // namespace wagi::bindle
