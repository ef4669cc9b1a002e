// The repository of `wagi bindle serve`: invoices and parcels in a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "supply/bindle/invoice.h"
#include "supply/bindle/shared_changes.h"
#include "supply/store/store.h"

namespace wagi::bindle {

// Each invoice is a blob of the store with a name there, and so is each parcel, without a name. All
// invoices are kept in memory as well. A repository belongs to one server, which locks it: to the
// process that opened it and those that are forked from that. Each of them has its own copy in
// memory, which refresh() brings up to date.
class Repository {
 public:
  static constexpr std::size_t kInvoicesMax = 100'000;
  static constexpr std::uint64_t kPageBytesMax = 8 << 20;  // For a search's invoices, as text.

  // Reads all invoices. The error says which one is broken, or that another server has the
  // repository.
  [[nodiscard]] static Result<Repository> open(const std::string& directory);

  [[nodiscard]] const store::Store& store() const { return store_; }
  [[nodiscard]] std::size_t size() const { return invoices_.size(); }

  // Takes over what other processes have changed. The error says which invoice can't be read.
  [[nodiscard]] Result<void> refresh();

  // The invoice, or null. The pointer is valid until the next call that isn't const.
  [[nodiscard]] const Invoice* find(const Id& id) const;

  // Adds an invoice; null where there is one of its id, which another process may just have made.
  // REQUIRES: size() < kInvoicesMax.
  [[nodiscard]] Result<const Invoice*> create(Invoice invoice);
  // Marks an invoice as yanked, for ever; nothing else of an invoice ever changes. REQUIRES: it is
  // there.
  [[nodiscard]] Result<void> yank(const Id& id);

  // The labels of parcels that aren't there, each digest once.
  [[nodiscard]] std::vector<Label> missing(const Invoice& invoice) const;

  struct Query {
    std::string words;    // Separated by blanks; a name must have all of them.
    std::string version;  // A requirement (version.h).
    std::uint64_t offset = 0;
    std::uint64_t limit = 50;
    bool yanked = false;  // Whether yanked bindles are found too.
  };
  struct Page {
    std::vector<const Invoice*> invoices;
    std::uint64_t total = 0;
    bool more = false;
  };
  // Finds invoices, sorted by name and version as text. A page of large invoices ends before its
  // limit, but has one at least. Fails where the requirement is malformed.
  [[nodiscard]] Result<Page> search(const Query& query) const;

 private:
  Repository(store::Store store, UniqueFd lock, std::unique_ptr<SharedChanges> changes)
      : store_(std::move(store)), lock_(std::move(lock)), changes_(std::move(changes)) {}
  struct Entry {
    Invoice invoice;
    std::uint64_t bytes = 0;  // The invoice's size as text.
  };
  // Stores an invoice and names it there; returns its size as text.
  [[nodiscard]] Result<std::uint64_t> keep(const Invoice& invoice) const;
  // Reads an invoice that has this name in the store, instead of the one of its id that is here.
  [[nodiscard]] Result<void> take(const store::Name& name);
  [[nodiscard]] Result<void> takeAll();
  [[nodiscard]] Result<void> refresh(const SharedChanges::Lock& lock);

  store::Store store_;
  UniqueFd lock_;  // Holds the flock(2) on the repository.
  std::unique_ptr<SharedChanges> changes_;
  std::uint64_t seen_ = 0;                 // Of the changes.
  std::map<std::string, Entry> invoices_;  // By NAME/VERSION.
};

}  // namespace wagi::bindle
