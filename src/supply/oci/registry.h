// A client of a registry's HTTP interface (OCI distribution specification 1.1), for one repository.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "net/fetch/client.h"
#include "net/fetch/url.h"
#include "supply/oci/access.h"
#include "supply/oci/manifest.h"
#include "supply/oci/reference.h"
#include "supply/store/store.h"

namespace wagi::oci {

// The reason why a request to a registry failed.
struct RegistryError {
  enum class Kind {
    kUnreachable,  // The registry can't be reached, or says that it can't answer now.
    kNotFound,
    kOther,
  } kind = Kind::kOther;
  std::string message;

  RegistryError(Error error) : message(std::move(error.message)) {}
  RegistryError(Kind kind_, std::string message_) : kind(kind_), message(std::move(message_)) {}
};
template <class T>
using RegistryResult = std::expected<T, RegistryError>;

// Used from one thread. Borrows `access`, which must outlive it.
class Registry {
 public:
  Registry(Reference reference, const Access& access);

  struct FetchedManifest {
    std::string bytes;
    std::string media_type;
    store::Digest digest;  // The digest of the bytes; equal to the target if that was a digest.
  };
  // Fetches a manifest; `target` is a tag or "sha256:HEX".
  [[nodiscard]] RegistryResult<FetchedManifest> manifest(const std::string& target);
  // Fetches a blob into the store, where it isn't there already, and verifies it. Returns its path.
  [[nodiscard]] RegistryResult<std::string> blob(const Descriptor& descriptor,
                                                 const store::Store& store,
                                                 const fetch::Progress& progress);

  // A blob to upload: the file at the path `file` where that is set, else `bytes`.
  struct Content {
    store::Digest digest;
    std::string bytes{};
    std::optional<std::string> file{};
  };
  // Uploads a blob, unless the registry had it before.
  enum class Uploaded { kNow, kBefore };
  [[nodiscard]] RegistryResult<Uploaded> upload(const Content& content,
                                                const fetch::Progress& progress);
  // Uploads a manifest; `target` is a tag or "sha256:HEX".
  [[nodiscard]] RegistryResult<void> putManifest(const std::string& target,
                                                 std::string_view media_type,
                                                 const std::string& bytes);

 private:
  // Sends a request; if the answer is 401, authorizes and sends it once more.
  [[nodiscard]] RegistryResult<fetch::Response> ask(fetch::Request request);
  using Send = std::function<Result<fetch::Response>(const fetch::Request& request)>;
  [[nodiscard]] RegistryResult<fetch::Response> askWith(fetch::Request request, const Send& send);
  // Gets the credentials that the 401 `response` asks for, to be sent with further requests.
  [[nodiscard]] RegistryResult<void> authorize(const fetch::Response& response);
  // Whether credentials may be sent to the server from which a challenge says that tokens come.
  [[nodiscard]] bool mayGetCredentials(const fetch::Origin& realm) const;
  [[nodiscard]] RegistryResult<std::string> fetchToken(const std::string& realm,
                                                       const std::string& service,
                                                       const std::string& scope);
  [[nodiscard]] RegistryResult<std::string> urlOf(const std::string& path);
  [[nodiscard]] bool speaksTls();

  const Reference reference_;
  const Access& access_;
  fetch::Client client_;
  std::string base_;  // "https://HOST/v2/NAME"; empty before the first request.
  // The credentials to send with each request: a token, or user and password.
  std::optional<std::string> token_;
  std::optional<fetch::BasicLogin> login_;
  std::optional<Credentials> credentials_;  // Looked up at the first 401.
  bool looked_up_ = false;
};

}  // namespace wagi::oci
