#include "hippo/externals.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/file.h"
#include "bindle/document.h"

namespace wagi::hippo {
namespace {

using Kind = bindle::Failure::Kind;

bindle::Failure unreachable(const bindle::Id& id) {
  return {Kind::kUnreachable,
          fmt::format("the bindle {} is on a server, and none was named", id.text())};
}

// What the store calls its invoice. Not as bindle::load() does, which has the parcels too.
std::string referenceOf(const bindle::Id& id) { return "external:" + id.text(); }

}  // namespace

bindle::Answer<bindle::Invoice> ServerExternals::invoice(const bindle::Id& id) {
  return client_.invoice(id, bindle::Client::Yanked::kRefused);
}

Result<void> ServerExternals::take(const bindle::Id& id, const std::vector<bindle::Needed>& needed,
                                   const store::Store& store) {
  for (const bindle::Needed& parcel : needed) {
    auto fetched = client_.fetchParcel(id, parcel.digest, parcel.size, store, {});
    if (!fetched) return fail(std::move(fetched.error().message));
  }
  return {};
}

bindle::Answer<bindle::Invoice> NoExternals::invoice(const bindle::Id& id) {
  return std::unexpected(unreachable(id));
}

Result<void> NoExternals::take(const bindle::Id& id, const std::vector<bindle::Needed>&,
                               const store::Store&) {
  return fail(unreachable(id).message);
}

bindle::Answer<bindle::Invoice> StoredExternals::invoice(const bindle::Id& id) {
  auto invoice = inner_.invoice(id);
  if (invoice) {
    if (auto kept = keep(*invoice); !kept) {
      return std::unexpected(bindle::Failure{Kind::kRefused, std::move(kept.error().message)});
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

Result<void> StoredExternals::take(const bindle::Id& id, const std::vector<bindle::Needed>& needed,
                                   const store::Store& store) {
  return inner_.take(id, needed, store);
}

Result<void> StoredExternals::keep(const bindle::Invoice& invoice) const {
  auto digest = store_.put(bindle::write(invoice, bindle::Format::kToml));
  if (!digest) return std::unexpected(std::move(digest.error()));
  return store_.remember({.reference = referenceOf(invoice.id),
                          .digest = *digest,
                          .blobs = {*digest},
                          .trees = {},
                          .used_at = now_});
}

Result<bindle::Invoice> StoredExternals::recall(const bindle::Id& id) const {
  const auto name = store_.recall(referenceOf(id));
  const auto path = name ? store_.find(name->digest) : std::nullopt;
  if (!path) return fail(fmt::format("{} isn't in the store", id.text()));
  const auto text = readFile(*path, bindle::kDocumentBytesMax);
  if (!text) return std::unexpected(text.error());
  return bindle::parseInvoice(*text, bindle::Format::kToml, *path);
}

}  // namespace wagi::hippo
