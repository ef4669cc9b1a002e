#include "supply/bindle/repository.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "supply/bindle/standalone.h"
#include "supply/bindle/version.h"

namespace wagi::bindle {
namespace {

// The prefix of an invoice's name in the store. It isn't "bindle:", by which the same store may
// know bindles that were fetched from elsewhere.
constexpr std::string_view kReference = "bindle-server:";
constexpr std::int64_t kAlways = 253'402'300'799;  // The end of the year 9999: never pruned.

Result<UniqueFd> lockOf(const std::string& directory) {
  const std::string path = directory + "/bindle-server.lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail(fmt::format("can't make {}: {}", path, std::strerror(errno)));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  return fail(fmt::format("{} is in use by another server", directory));
}

std::vector<std::string_view> wordsOf(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

}  // namespace

Result<Repository> Repository::open(const std::string& directory) {
  auto store = store::Store::open(directory);
  if (!store) return std::unexpected(store.error());
  auto lock = lockOf(store->directory());
  if (!lock) return std::unexpected(lock.error());
  auto changes = SharedChanges::create();
  if (!changes) return std::unexpected(changes.error());
  Repository repository(*std::move(store), *std::move(lock), *std::move(changes));
  if (auto taken = repository.takeAll(); !taken) return std::unexpected(taken.error());
  return repository;
}

Result<void> Repository::takeAll() {
  for (const store::Name& name : store_.names()) {
    if (!name.reference.starts_with(kReference)) continue;
    if (auto taken = take(name); !taken) return taken;
  }
  return {};
}

Result<void> Repository::take(const store::Name& name) {
  const auto path = store_.find(name.digest);
  if (!path) {
    return fail(fmt::format("{}: the invoice of {} is lost", store_.directory(),
                            name.reference.substr(kReference.size())));
  }
  const auto text = readFile(*path, kDocumentBytesMax);
  if (!text) return std::unexpected(text.error());
  auto invoice = parseInvoice(*text, Format::kToml, *path);
  if (!invoice) return std::unexpected(invoice.error());
  std::string id = invoice->id.text();
  invoices_.insert_or_assign(std::move(id), Entry{*std::move(invoice), text->size()});
  return {};
}

Result<void> Repository::refresh() {
  if (changes_->count() == seen_) return {};
  return refresh(SharedChanges::Lock(*changes_));
}

Result<void> Repository::refresh(const SharedChanges::Lock& lock) {
  const std::uint64_t count = changes_->count();
  if (const auto ids = lock.since(seen_)) {
    for (const std::string& id : *ids) {
      const auto name = store_.recall(std::string(kReference) + id);
      if (!name) return fail(fmt::format("{}: the name of {} is lost", store_.directory(), id));
      if (auto taken = take(*name); !taken) return taken;
    }
  } else if (auto taken = takeAll(); !taken) {
    return taken;
  }
  seen_ = count;
  return {};
}

const Invoice* Repository::find(const Id& id) const {
  const auto found = invoices_.find(id.text());
  return found == invoices_.end() ? nullptr : &found->second.invoice;
}

Result<std::uint64_t> Repository::keep(const Invoice& invoice) const {
  const std::string text = write(invoice, Format::kToml);
  if (text.size() > kDocumentBytesMax) {
    return fail(fmt::format("the invoice has {} bytes, and at most {} are kept", text.size(),
                            kDocumentBytesMax));
  }
  const auto digest = store_.put(text);
  if (!digest) return std::unexpected(digest.error());
  store::Name name{.reference = std::string(kReference) + invoice.id.text(), .digest = *digest};
  name.blobs.push_back(*digest);
  for (const NeededParcel& parcel : allParcelsOf(invoice)) name.blobs.push_back(parcel.digest);
  name.used_at = kAlways;
  if (auto named = store_.remember(name); !named) return std::unexpected(named.error());
  return text.size();
}

Result<const Invoice*> Repository::create(Invoice invoice) {
  assert(invoices_.size() < kInvoicesMax);
  SharedChanges::Lock lock(*changes_);
  if (auto fresh = refresh(lock); !fresh) return std::unexpected(fresh.error());
  if (find(invoice.id) != nullptr) return nullptr;
  const auto bytes = keep(invoice);
  if (!bytes) return std::unexpected(bytes.error());
  std::string id = invoice.id.text();
  lock.add(id);
  ++seen_;
  return &invoices_.emplace(std::move(id), Entry{std::move(invoice), *bytes}).first->second.invoice;
}

Result<void> Repository::yank(const Id& id) {
  SharedChanges::Lock lock(*changes_);
  if (auto fresh = refresh(lock); !fresh) return fresh;
  const auto found = invoices_.find(id.text());
  assert(found != invoices_.end());
  Invoice yanked = found->second.invoice;
  if (yanked.isYanked()) return {};
  yanked.yanked = true;
  const auto bytes = keep(yanked);
  if (!bytes) return std::unexpected(bytes.error());
  lock.add(found->first);
  ++seen_;
  found->second = {std::move(yanked), *bytes};
  return {};
}

std::vector<Label> Repository::missing(const Invoice& invoice) const {
  std::vector<Label> labels;
  for (const NeededParcel& parcel : allParcelsOf(invoice)) {
    if (!store_.find(parcel.digest)) labels.push_back(invoice.findParcel(parcel.digest)->label);
  }
  return labels;
}

Result<Repository::Page> Repository::search(const Query& query) const {
  const auto words = wordsOf(query.words);
  Page page;
  std::uint64_t bytes = 0;
  bool is_full = query.limit == 0;
  for (const auto& [text, entry] : invoices_) {
    const Invoice& invoice = entry.invoice;
    if (invoice.isYanked() && !query.yanked) continue;
    const bool has_all = std::ranges::all_of(
        words, [&](std::string_view word) { return invoice.id.name.contains(word); });
    if (!has_all) continue;
    const auto version = Version::parse(invoice.id.version);
    const auto fits = fulfills(version.value(), query.version);
    if (!fits) return std::unexpected(fits.error());
    if (!*fits) continue;
    if (page.total++ < query.offset || is_full) continue;
    bytes += entry.bytes;
    page.invoices.push_back(&invoice);
    is_full = page.invoices.size() == query.limit || bytes >= kPageBytesMax;
  }
  page.more = page.total > query.offset && page.total - query.offset > page.invoices.size();
  return page;
}

}  // namespace wagi::bindle
