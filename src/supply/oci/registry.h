// A registry's HTTP interface (OCI distribution specification 1.1), for one repository of it.
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

// Why a registry didn't give what it was asked for.
struct Trouble {
  enum class Kind {
    kUnreachable,  // It can't be spoken to, or says that it can't answer now.
    kNotFound,
    kOther,
  } kind = Kind::kOther;
  std::string message;

  Trouble(Error error) : message(std::move(error.message)) {}
  Trouble(Kind kind_, std::string message_) : kind(kind_), message(std::move(message_)) {}
};
template <class T>
using Answer = std::expected<T, Trouble>;

// Used from one thread. Borrows `access`, which must outlive it.
class Registry {
 public:
  Registry(Reference reference, const Access& access);

  struct FetchedManifest {
    std::string bytes;
    std::string media_type;
    store::Digest digest;  // Of the bytes, and what was asked for if that was a digest.
  };
  // `target` is a tag or "sha256:HEX".
  [[nodiscard]] Answer<FetchedManifest> manifest(const std::string& target);
  // Into the store, verified: where it isn't there already. Its path.
  [[nodiscard]] Answer<std::string> blob(const Descriptor& descriptor, const store::Store& store,
                                         const fetch::Progress& progress);

  struct Content {
    store::Digest digest;
    std::string bytes{};                // Or
    std::optional<std::string> file{};  // the path of a file.
  };
  enum class Uploaded { kNow, kBefore };
  // Unless the registry has it.
  [[nodiscard]] Answer<Uploaded> upload(const Content& content, const fetch::Progress& progress);
  // Under the tag or digest `target`.
  [[nodiscard]] Answer<void> putManifest(const std::string& target, std::string_view media_type,
                                         const std::string& bytes);

 private:
  // Sends, answers one 401, and sends again.
  [[nodiscard]] Answer<fetch::Response> ask(fetch::Request request);
  using Send = std::function<Result<fetch::Response>(const fetch::Request& request)>;
  [[nodiscard]] Answer<fetch::Response> askWith(fetch::Request request, const Send& send);
  // What to send along, after `response` refused; the error says why there is nothing better.
  [[nodiscard]] Answer<void> authorize(const fetch::Response& response);
  // Whether credentials may go to where a challenge says that tokens are.
  [[nodiscard]] bool mayGetCredentials(const fetch::Origin& realm) const;
  [[nodiscard]] Answer<std::string> fetchToken(const std::string& realm, const std::string& service,
                                               const std::string& scope);
  [[nodiscard]] Answer<std::string> urlOf(const std::string& path);
  [[nodiscard]] bool speaksTls();

  const Reference reference_;
  const Access& access_;
  fetch::Client client_;
  std::string base_;  // "https://HOST/v2/NAME"; empty before the first request.
  // What is sent along: a token, or user and password.
  std::optional<std::string> token_;
  std::optional<fetch::BasicLogin> login_;
  std::optional<Credentials> credentials_;  // Looked up at the first 401.
  bool looked_up_ = false;
};

}  // namespace wagi::oci
