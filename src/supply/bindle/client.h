// The client of a Bindle server.
//
// Waits for its answers, as fetch::Client does.
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
  std::chrono::milliseconds back_off{500};  // Before it is tried again.
};

// The server at a URL that a user wrote, with the login that stands in it. The error names the URL,
// without that.
[[nodiscard]] Result<Server> serverAt(const std::string& url);

// Why there is no answer that could be used.
struct Failure {
  enum class Kind {
    kUnreachable,  // No connection, or an error of the server's own (5xx).
    kNotFound,
    kYanked,   // Or not allowed, which has the same status.
    kRefused,  // All else.
  };
  Kind kind = Kind::kRefused;
  std::string message;
};
template <class T>
using Answer = std::expected<T, Failure>;

// One of a search's matches.
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
  std::string words;    // All of which a name must have; none is every bindle.
  std::string version;  // A requirement (version.h).
  std::uint64_t offset = 0;
  std::uint8_t limit = 50;
  bool strict = false;
  bool yanked = false;  // With those.
};

class Client {
 public:
  explicit Client(Server server);

  [[nodiscard]] const std::string& url() const { return server_.url; }

  enum class Yanked { kRefused, kTaken };
  // One of that id.
  [[nodiscard]] Answer<Invoice> invoice(const Id& id, Yanked yanked);
  // Into the store, unless it is there. A download that was cut off goes on.
  [[nodiscard]] Answer<void> fetchParcel(const Id& id, const store::Digest& digest,
                                         std::uint64_t size, const store::Store& store,
                                         const fetch::Progress& progress);

  struct Created {
    Invoice invoice;             // As the server has it: with its signature, for one.
    std::vector<Label> missing;  // Parcels that it doesn't have.
    bool existed = false;
  };
  // Where that id is there already, with the same parcels, it is what is there; with others, an
  // error.
  [[nodiscard]] Answer<Created> create(const Invoice& invoice);
  // Whether it was missing there.
  [[nodiscard]] Answer<bool> upload(const Id& id, const store::Digest& digest,
                                    const std::string& path, const fetch::Progress& progress);

  struct Pushed {
    Invoice invoice;
    std::size_t uploaded = 0;
    bool existed = false;
  };
  // The invoice, then what of its parcels is missing there. `path_of`: a parcel's file, or nothing.
  // `progress` is that of all that is sent.
  using PathOf = std::function<std::optional<std::string>(const store::Digest&)>;
  [[nodiscard]] Answer<Pushed> push(const Invoice& invoice, const PathOf& path_of,
                                    const fetch::Progress& progress = {});

  [[nodiscard]] Answer<std::vector<Label>> missing(const Id& id);
  [[nodiscard]] Answer<void> yank(const Id& id);
  [[nodiscard]] Answer<Matches> search(const Search& search);
  [[nodiscard]] Answer<Keyring> keys();  // The server's own.

 private:
  [[nodiscard]] fetch::Request request(std::string method, const std::string& path) const;
  [[nodiscard]] Answer<fetch::Response> send(const fetch::Request& request);

  Server server_;
  fetch::Client client_;
};

}  // namespace wagi::bindle
