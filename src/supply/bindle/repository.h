// What a Bindle server of our own keeps: invoices and parcels in a store.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "supply/bindle/invoice.h"
#include "supply/store/store.h"

namespace wagi::bindle {

// An invoice is a blob of the store, and a name of it that says so; its parcels are blobs. All
// invoices are in memory, too. Belongs to one process, which holds a lock on it.
class Repository {
 public:
  static constexpr std::size_t kInvoicesMax = 100'000;
  static constexpr std::uint64_t kPageBytesMax = 8 << 20;  // Of a search's invoices, as text.

  // Reads all invoices. The error says which one is broken, or that another process has it.
  [[nodiscard]] static Result<Repository> open(const std::string& directory);

  [[nodiscard]] const store::Store& store() const { return store_; }
  [[nodiscard]] std::size_t size() const { return invoices_.size(); }

  // Null where there is none; valid until it is yanked.
  [[nodiscard]] const Invoice* find(const Id& id) const;

  // REQUIRES: there is none of that id, and fewer than kInvoicesMax.
  [[nodiscard]] Result<const Invoice*> create(Invoice invoice);
  // For ever; the only change of an invoice. REQUIRES: it is there.
  [[nodiscard]] Result<void> yank(const Id& id);

  // The labels of parcels that aren't there, each digest once.
  [[nodiscard]] std::vector<Label> missing(const Invoice& invoice) const;

  struct Query {
    std::string words;    // Separated by blanks; a name must have all of them.
    std::string version;  // A requirement (version.h).
    std::uint64_t offset = 0;
    std::uint64_t limit = 50;
    bool yanked = false;  // With those.
  };
  struct Page {
    std::vector<const Invoice*> invoices;
    std::uint64_t total = 0;
    bool more = false;
  };
  // In the order of names, and the versions of each as text. A page ends before its limit where its
  // invoices are large; it has one at least. The error is of the requirement.
  [[nodiscard]] Result<Page> search(const Query& query) const;

 private:
  Repository(store::Store store, UniqueFd lock)
      : store_(std::move(store)), lock_(std::move(lock)) {}
  struct Entry {
    Invoice invoice;
    std::uint64_t bytes = 0;  // As text.
  };
  // How many bytes it has as text.
  [[nodiscard]] Result<std::uint64_t> keep(const Invoice& invoice) const;

  store::Store store_;
  UniqueFd lock_;
  std::map<std::string, Entry> invoices_;  // By NAME/VERSION.
};

}  // namespace wagi::bindle
