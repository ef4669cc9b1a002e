// The bindles that an `external` of a HIPPOFACTS names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "bindle/client.h"
#include "bindle/handlers.h"
#include "bindle/id.h"
#include "bindle/invoice.h"
#include "store/store.h"

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

// Where no server was named, or none is to be asked: each is unreachable.
class NoExternals : public Externals {
 public:
  bindle::Answer<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::Needed>& needed,
                    const store::Store& store) override;
};

// Those of another, and where that can't be reached the invoices that it gave the last time: they
// are kept in the store, and never change. Borrows both.
class StoredExternals : public Externals {
 public:
  // `now`: seconds since 1970.
  StoredExternals(Externals& inner, const store::Store& store, std::int64_t now)
      : inner_(inner), store_(store), now_(now) {}
  bindle::Answer<bindle::Invoice> invoice(const bindle::Id& id) override;
  Result<void> take(const bindle::Id& id, const std::vector<bindle::Needed>& needed,
                    const store::Store& store) override;
  // Why what was kept is used.
  [[nodiscard]] const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  [[nodiscard]] Result<void> keep(const bindle::Invoice& invoice) const;
  [[nodiscard]] Result<bindle::Invoice> recall(const bindle::Id& id) const;

  Externals& inner_;
  const store::Store& store_;
  const std::int64_t now_;
  std::vector<std::string> warnings_;
};

}  // namespace wagi::hippo
