// The client of a Bindle server. A call waits for the server's answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/fetch/client.h"
#include "supply/bindle/invoice.h"
#include "supply/bindle/keys.h"
#include "supply/store/store.h"

namespace wagi::bindle {

struct Server {
  std::string url;  // With the /v1.
  std::optional<fetch::BasicLogin> login{};
  bool verify_certificate = true;
  std::chrono::milliseconds back_off{500};  // The pause before a failed request is tried again.
};

// The server at a URL that a user wrote, with the login in that URL. The error names the URL
// without the login.
[[nodiscard]] Result<Server> serverAt(const std::string& url);

// The reason why a call failed.
struct ServerError {
  enum class Kind {
    kUnreachable,  // There is no connection, or the server failed (5xx).
    kNotFound,
    kYanked,   // The bindle is yanked, or not allowed, which has the same status.
    kRefused,  // Any other reason.
  };
  Kind kind = Kind::kRefused;
  std::string message;
};
template <class T>
using ServerResult = std::expected<T, ServerError>;

// One match of a search.
struct Match {
  Id id;
  std::optional<std::string> description;
  bool yanked = false;
};

struct Matches {
  std::vector<Match> matches;
  std::uint64_t total = 0;
  bool more = false;
};

struct Search {
  std::string words;    // A name must have all of them; "" finds every bindle.
  std::string version;  // A requirement (version.h).
  std::uint64_t offset = 0;
  std::uint8_t limit = 50;
  bool strict = false;
  bool yanked = false;  // Whether yanked bindles are found too.
};

class Client {
 public:
  explicit Client(Server server);

  [[nodiscard]] const std::string& url() const { return server_.url; }

  enum class Yanked { kRefused, kTaken };
  // Fetches an invoice; a yanked one is refused or taken.
  [[nodiscard]] ServerResult<Invoice> invoice(const Id& id, Yanked yanked);
  // Fetches a parcel into the store, unless it is there. A download that was cut off is resumed.
  [[nodiscard]] ServerResult<void> fetchParcel(const Id& id, const store::Digest& digest,
                                               std::uint64_t size, const store::Store& store,
                                               const fetch::Progress& progress);

  struct Created {
    Invoice invoice;             // The server's copy, with its own signature, for example.
    std::vector<Label> missing;  // Parcels that the server doesn't have.
    bool existed = false;        // Whether the server had the invoice before.
  };
  // Creates the bindle on the server. One of that id that is there already is returned if it has
  // the same parcels; else the call fails.
  [[nodiscard]] ServerResult<Created> create(const Invoice& invoice);
  // Uploads the parcel in the file at `path`; false means that the server had it.
  [[nodiscard]] ServerResult<bool> upload(const Id& id, const store::Digest& digest,
                                          const std::string& path, const fetch::Progress& progress);

  struct Pushed {
    Invoice invoice;
    std::size_t uploaded = 0;
    bool existed = false;
  };
  // Creates the bindle, then uploads the parcels that the server is missing. `path_of` gives the
  // path of a parcel's file, or nullopt. `progress` counts the bytes of all uploads.
  using PathOf = std::function<std::optional<std::string>(const store::Digest&)>;
  [[nodiscard]] ServerResult<Pushed> push(const Invoice& invoice, const PathOf& path_of,
                                          const fetch::Progress& progress = {});

  [[nodiscard]] ServerResult<std::vector<Label>> missing(const Id& id);
  [[nodiscard]] ServerResult<void> yank(const Id& id);
  [[nodiscard]] ServerResult<Matches> search(const Search& search);
  [[nodiscard]] ServerResult<Keyring> keys();  // The public keys that the server signs with.

 private:
  [[nodiscard]] fetch::Request request(std::string method, const std::string& path) const;
  [[nodiscard]] ServerResult<fetch::Response> send(const fetch::Request& request);

  Server server_;
  fetch::Client client_;
};

}  // namespace wagi::bindle
