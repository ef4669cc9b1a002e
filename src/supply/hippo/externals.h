// The bindles that an `external` of a HIPPOFACTS names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "supply/bindle/client.h"
#include "supply/bindle/handlers.h"
#include "supply/bindle/id.h"
#include "supply/bindle/invoice.h"
#include "supply/bindle/load.h"
#include "supply/store/store.h"

namespace wagi::hippo {

class Externals {
 public:
  virtual ~Externals() = default;
  [[nodiscard]] virtual bindle::Answer<bindle::Invoice> invoice(const bindle::Id& id) = 0;
  // These parcels of it into the store.
  [[nodiscard]] virtual Result<void> take(const bindle::Id& id,
                                          const std::vector<bindle::Needed>& needed,
                                          const store::Store& store) = 0;
};

// Those of a Bindle server.
class ServerExternals : public Externals {
 public:
  explicit ServerExternals(bindle::Server server) : client_(std::move(server)) {}
  bindle::Answer<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::Needed>& needed,
                    const store::Store& store) override;

 private:
  bindle::Client client_;
};

// Those of a folder of standalone bindles.
class FolderExternals : public Externals {
 public:
  explicit FolderExternals(std::string path) : path_(std::move(path)) {}
  bindle::Answer<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::Needed>& needed,
                    const store::Store& store) override;

 private:
  const std::string path_;
};

// Where no place was named, or no server is to be asked: each is unreachable.
class NoExternals : public Externals {
 public:
  enum class Why { kNoneNamed, kOffline };
  explicit NoExternals(Why why) : why_(why) {}
  bindle::Answer<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::Needed>& needed,
                    const store::Store& store) override;

 private:
  [[nodiscard]] std::string reason(const bindle::Id& id) const;

  const Why why_;
};

// Those of another, and where that can't be reached the invoices that it gave the last time: they
// are kept in the store, and never change. Each must have the signatures that `trust` wants, if
// any. Borrows all of them.
class StoredExternals : public Externals {
 public:
  // `now`: seconds since 1970.
  StoredExternals(Externals& inner, const store::Store& store,
                  const std::optional<bindle::Trust>& trust, std::int64_t now)
      : inner_(inner), store_(store), trust_(trust), now_(now) {}
  bindle::Answer<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::Needed>& needed,
                    const store::Store& store) override;
  // Why what was kept is used.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  [[nodiscard]] bindle::Answer<bindle::Invoice> askOrRecall(const bindle::Id& id);
  [[nodiscard]] Result<void> keep(const bindle::Invoice& invoice) const;
  [[nodiscard]] Result<bindle::Invoice> recall(const bindle::Id& id) const;

  Externals& inner_;
  const store::Store& store_;
  const std::optional<bindle::Trust>& trust_;
  const std::int64_t now_;
  std::vector<std::string> warnings_;
};

}  // namespace wagi::hippo
