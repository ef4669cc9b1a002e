// Gets the bindles that an `external` of a HIPPOFACTS names.
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

// A source of bindles.
class Externals {
 public:
  virtual ~Externals() = default;
  [[nodiscard]] virtual bindle::ServerResult<bindle::Invoice> invoice(const bindle::Id& id) = 0;
  // Puts these parcels of the bindle into the store.
  [[nodiscard]] virtual Result<void> take(const bindle::Id& id,
                                          const std::vector<bindle::NeededParcel>& needed,
                                          const store::Store& store) = 0;
};

// Takes the bindles from a Bindle server.
class ServerExternals : public Externals {
 public:
  explicit ServerExternals(bindle::Server server) : client_(std::move(server)) {}
  bindle::ServerResult<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::NeededParcel>& needed,
                    const store::Store& store) override;

 private:
  bindle::Client client_;
};

// Takes the bindles from a folder of standalone bindles.
class FolderExternals : public Externals {
 public:
  explicit FolderExternals(std::string path) : path_(std::move(path)) {}
  bindle::ServerResult<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::NeededParcel>& needed,
                    const store::Store& store) override;

 private:
  const std::string path_;
};

// Has no bindles, since no source is configured, or none may be asked: each is unreachable.
class NoExternals : public Externals {
 public:
  enum class Why { kNoneNamed, kOffline };
  explicit NoExternals(Why why) : why_(why) {}
  bindle::ServerResult<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::NeededParcel>& needed,
                    const store::Store& store) override;

 private:
  [[nodiscard]] std::string reason(const bindle::Id& id) const;

  const Why why_;
};

// Takes the bindles from `inner`, and keeps their invoices in the store, which never change: where
// `inner` can't be reached, the stored ones are used. Each must have the signatures that `trust`
// wants, if any. Borrows all of its references.
class StoredExternals : public Externals {
 public:
  // `now` is in seconds since 1970.
  StoredExternals(Externals& inner, const store::Store& store,
                  const std::optional<bindle::Trust>& trust, std::int64_t now)
      : inner_(inner), store_(store), trust_(trust), now_(now) {}
  bindle::ServerResult<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::NeededParcel>& needed,
                    const store::Store& store) override;
  // Says of each stored invoice that was used why.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  [[nodiscard]] bindle::ServerResult<bindle::Invoice> askOrRecall(const bindle::Id& id);
  [[nodiscard]] Result<void> keep(const bindle::Invoice& invoice) const;
  [[nodiscard]] Result<bindle::Invoice> recall(const bindle::Id& id) const;

  Externals& inner_;
  const store::Store& store_;
  const std::optional<bindle::Trust>& trust_;
  const std::int64_t now_;
  std::vector<std::string> warnings_;
};

}  // namespace wagi::hippo
