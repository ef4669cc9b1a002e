#include "supply/hippo/externals.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/file.h"
#include "supply/bindle/document.h"
#include "supply/bindle/signatures.h"
#include "supply/bindle/standalone.h"

namespace wagi::hippo {
namespace {

using Kind = bindle::ServerError::Kind;

// The name of an external's invoice in the store. It differs from bindle::load()'s, which stands
// for the parcels too.
std::string nameInStore(const bindle::Id& id) { return "external:" + id.text(); }

}  // namespace

bindle::ServerResult<bindle::Invoice> ServerExternals::invoice(const bindle::Id& id) {
  return client_.invoice(id, bindle::Client::Yanked::kRefused);
}

Result<void> ServerExternals::take(const bindle::Id& id,
                                   const std::vector<bindle::NeededParcel>& needed,
                                   const store::Store& store) {
  for (const bindle::NeededParcel& parcel : needed) {
    auto fetched = client_.fetchParcel(id, parcel.digest, parcel.size, store, {});
    if (!fetched) return fail(std::move(fetched.error().message));
  }
  return {};
}

bindle::ServerResult<bindle::Invoice> FolderExternals::invoice(const bindle::Id& id) {
  const auto found = bindle::Standalone::open(path_, id);
  if (!found) return std::unexpected(bindle::ServerError{Kind::kNotFound, found.error().message});
  if (found->invoice().isYanked()) {
    return std::unexpected(
        bindle::ServerError{Kind::kYanked, fmt::format("{} in {} is yanked", id.text(), path_)});
  }
  return found->invoice();
}

Result<void> FolderExternals::take(const bindle::Id& id,
                                   const std::vector<bindle::NeededParcel>& needed,
                                   const store::Store& store) {
  const auto found = bindle::Standalone::open(path_, id);
  return found ? found->take(needed, store) : std::unexpected(found.error());
}

bindle::ServerResult<bindle::Invoice> NoExternals::invoice(const bindle::Id& id) {
  return std::unexpected(bindle::ServerError{Kind::kUnreachable, reason(id)});
}

Result<void> NoExternals::take(const bindle::Id& id, const std::vector<bindle::NeededParcel>&,
                               const store::Store&) {
  return fail(reason(id));
}

std::string NoExternals::reason(const bindle::Id& id) const {
  return fmt::format("the bindle {} {}", id.text(),
                     why_ == Why::kOffline
                         ? "is on a server, and we are offline"
                         : "is elsewhere, and no place was named: set BINDLE_URL to the URL of its "
                           "server");
}

bindle::ServerResult<bindle::Invoice> StoredExternals::invoice(const bindle::Id& id) {
  auto invoice = askOrRecall(id);
  if (!invoice || !trust_) return invoice;
  if (auto good = bindle::verify(*invoice, trust_->strategy, trust_->keyring); !good) {
    return std::unexpected(bindle::ServerError{
        Kind::kRefused, fmt::format("{}: {}", id.text(), good.error().message)});
  }
  return invoice;
}

bindle::ServerResult<bindle::Invoice> StoredExternals::askOrRecall(const bindle::Id& id) {
  auto invoice = inner_.invoice(id);
  if (invoice) {
    if (auto kept = keep(*invoice); !kept) {
      return std::unexpected(bindle::ServerError{Kind::kRefused, std::move(kept.error().message)});
    }
    return invoice;
  }
  if (invoice.error().kind != Kind::kUnreachable) return invoice;
  auto before = recall(id);
  if (!before) return invoice;
  warnings_.push_back(
      fmt::format("{}; {} is used as it was fetched before", invoice.error().message, id.text()));
  return *std::move(before);
}

Result<void> StoredExternals::take(const bindle::Id& id,
                                   const std::vector<bindle::NeededParcel>& needed,
                                   const store::Store& store) {
  return inner_.take(id, needed, store);
}

Result<void> StoredExternals::keep(const bindle::Invoice& invoice) const {
  auto digest = store_.put(bindle::write(invoice, bindle::Format::kToml));
  if (!digest) return std::unexpected(std::move(digest.error()));
  return store_.remember({.reference = nameInStore(invoice.id),
                          .digest = *digest,
                          .blobs = {*digest},
                          .trees = {},
                          .used_at = now_});
}

Result<bindle::Invoice> StoredExternals::recall(const bindle::Id& id) const {
  const auto name = store_.recall(nameInStore(id));
  const auto path = name ? store_.find(name->digest) : std::nullopt;
  if (!path) return fail(fmt::format("{} isn't in the store", id.text()));
  const auto text = readFile(*path, bindle::kDocumentBytesMax);
  if (!text) return std::unexpected(text.error());
  return bindle::parseInvoice(*text, bindle::Format::kToml, *path);
}

}  // namespace wagi::hippo
