#include "supply/bindle/load.h"

#include <fmt/format.h>

#include <ctime>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/printable.h"
#include "supply/bindle/standalone.h"

namespace wagi::bindle {
namespace {

struct Planned {
  std::vector<Handler> handlers;
  std::vector<NeededParcel> needed;
};

Result<void> checkTrust(const Invoice& invoice, const std::optional<Trust>& trust) {
  return trust ? verify(invoice, trust->strategy, trust->keyring) : Result<void>();
}

// Checks that `invoice` is trusted, and finds what of it is served.
Result<Planned> planOf(const Invoice& invoice, const Source& source) {
  if (auto good = checkTrust(invoice, source.trust); !good) return std::unexpected(good.error());
  auto handlers = handlersOf(invoice);
  if (!handlers) return std::unexpected(handlers.error());
  auto needed = parcelsOf(*handlers, invoice);
  return Planned{*std::move(handlers), std::move(needed)};
}

// Names the invoice in the store, with the blobs and trees that it needs. Those which an earlier
// name of the same invoice had are kept, since they may be in use.
Result<void> remember(const Invoice& invoice, const std::vector<NeededParcel>& needed,
                      std::vector<std::string> trees, const store::Store& store) {
  const auto digest = store.put(write(invoice, Format::kToml));
  if (!digest) return std::unexpected(digest.error());
  store::Name name{.reference = referenceOf(invoice.id), .digest = *digest};
  std::set<store::Digest> blobs{*digest};
  std::set<std::string> kept(trees.begin(), trees.end());
  for (const NeededParcel& parcel : needed) blobs.insert(parcel.digest);
  if (const auto before = store.recall(name.reference); before && before->digest == *digest) {
    blobs.insert(before->blobs.begin(), before->blobs.end());
    kept.insert(before->trees.begin(), before->trees.end());
  }
  name.blobs.assign(blobs.begin(), blobs.end());
  name.trees.assign(kept.begin(), kept.end());
  name.used_at = std::time(nullptr);
  return store.remember(name);
}

// Makes the handlers' trees and names the bindle. REQUIRES: all that it needs is in the store.
Result<Loaded> record(Invoice invoice, Planned plan, const store::Store& store) {
  std::vector<std::string> trees;
  for (Handler& handler : plan.handlers) {
    if (handler.assets.empty()) continue;
    auto tree = store.tree(handler.assets);
    if (!tree) {
      return fail(fmt::format("{}: the files of the module \"{}\": {}", invoice.id.text(),
                              handler.name, tree.error().message));
    }
    trees.push_back(*tree);
    handler.tree = *std::move(tree);
  }
  if (auto named = remember(invoice, plan.needed, std::move(trees), store); !named) {
    return std::unexpected(named.error());
  }
  return Loaded{std::move(invoice), std::move(plan.handlers), {}};
}

// Takes the bindle from the store, as it was recorded the last time; fails where a part is missing.
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
  for (const NeededParcel& parcel : plan->needed) {
    if (store.find(parcel.digest)) continue;
    return fail(fmt::format("the parcel \"{}\" of {} isn't in the store {}", printable(parcel.name),
                            id.text(), store.directory()));
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

// Fetches the parcels that the store doesn't have.
ServerResult<void> fetchAll(Client& client, const Id& id, const std::vector<NeededParcel>& needed,
                            const store::Store& store, const fetch::Progress& progress) {
  std::uint64_t all = 0;
  for (const NeededParcel& parcel : needed) all += parcel.size;
  std::uint64_t before = 0;
  for (const NeededParcel& parcel : needed) {
    const auto report = [&](std::uint64_t done, std::optional<std::uint64_t>) {
      if (progress) progress(before + done, all);
    };
    auto fetched = client.fetchParcel(id, parcel.digest, parcel.size, store, report);
    if (!fetched) {
      fetched.error().message =
          fmt::format("the parcel \"{}\": {}", printable(parcel.name), fetched.error().message);
      return fetched;
    }
    before += parcel.size;
  }
  return {};
}

ServerResult<Loaded> loadServer(const Id& id, const Source& source, const Server& server,
                                const store::Store& store, const fetch::Progress& progress) {
  const auto refused = [](const Error& error) {
    return std::unexpected(ServerError{ServerError::Kind::kRefused, error.message});
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
  if (loaded.error().kind != ServerError::Kind::kUnreachable) return fail(loaded.error().message);
  auto stored = recall(id, source, store);
  if (!stored) return fail(fmt::format("{}; {}", loaded.error().message, stored.error().message));
  stored->warnings.push_back(
      fmt::format("{}; the stored copy of {} is served", loaded.error().message, id.text()));
  return stored;
}

Result<Invoice> pull(const Id& id, const Server& server, const std::optional<Trust>& trust,
                     const store::Store& store, const fetch::Progress& progress) {
  Client client(server);
  auto invoice = client.invoice(id, Client::Yanked::kRefused);
  if (!invoice) return fail(invoice.error().message);
  if (auto good = checkTrust(*invoice, trust); !good) return std::unexpected(good.error());
  const auto needed = allParcelsOf(*invoice);
  if (auto fetched = fetchAll(client, id, needed, store, progress); !fetched) {
    return fail(fetched.error().message);
  }
  if (auto named = remember(*invoice, needed, {}, store); !named) {
    return std::unexpected(named.error());
  }
  return *std::move(invoice);
}

}  // namespace wagi::bindle
