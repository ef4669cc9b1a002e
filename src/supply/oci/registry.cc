#include "supply/oci/registry.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "base/sha256.h"
#include "supply/oci/response.h"

namespace wagi::oci {
namespace {

// The host of Docker Hub's interface; references name it kHub.
constexpr std::string_view kHubHost = "registry-1.docker.io";

template <class T, class E>
std::unexpected<RegistryError> errorOf(std::expected<T, E>& result) {
  return std::unexpected(RegistryError(std::move(result.error())));
}

// Whether `registry` is among those that the configuration lists as unencrypted.
bool isPlain(const std::string& registry, const std::vector<std::string>& plain) {
  const auto origin = fetch::originAt("http", registry);
  return origin && std::ranges::any_of(plain, [&](const std::string& entry) {
           const auto other = fetch::originAt("http", entry);
           return other && *other == *origin;
         });
}

}  // namespace

Registry::Registry(Reference reference, const Access& access)
    : reference_(std::move(reference)), access_(access), client_(access.client) {}

// Whether a registry on this machine speaks TLS, by trying it. Nobody can listen in between, so
// both are safe.
bool Registry::speaksTls() {
  fetch::Client::Settings probing = access_.client;
  probing.verify = false;
  probing.tries_max = 1;
  return fetch::Client(probing)
      .send({.url = fmt::format("https://{}/v2/", reference_.registry)})
      .has_value();
}

RegistryResult<std::string> Registry::urlOf(const std::string& path) {
  if (base_.empty()) {
    const std::string& registry = reference_.registry;
    const bool is_plain =
        isPlain(registry, access_.plain_http) || (reference_.isLoopback() && !speaksTls());
    base_ = fmt::format("{}://{}/v2/{}", is_plain ? "http" : "https",
                        registry == kHub ? kHubHost : registry, reference_.repository);
  }
  return base_ + path;
}

RegistryResult<fetch::Response> Registry::ask(fetch::Request request) {
  return askWith(std::move(request),
                 [this](const fetch::Request& asked) { return client_.send(asked); });
}

RegistryResult<fetch::Response> Registry::askWith(fetch::Request request, const Send& send) {
  for (int attempt = 0;; ++attempt) {
    fetch::Request asked = request;
    // A registry may send an upload to another server, which mustn't get the credentials.
    if (fetch::sameOrigin(request.url, base_)) {
      if (token_) asked.headers.emplace_back("Authorization", "Bearer " + *token_);
      asked.login = login_;
    }
    auto response = send(asked);
    if (!response) {
      return std::unexpected(
          RegistryError(RegistryError::Kind::kUnreachable, std::move(response.error().message)));
    }
    if (response->status == kUnauthorized && attempt == 0) {
      if (auto authorized = authorize(*response); !authorized) return errorOf(authorized);
      continue;
    }
    if (response->status >= 400) return std::unexpected(refusalIn(*response, request));
    return *std::move(response);
  }
}

RegistryResult<Registry::FetchedManifest> Registry::manifest(const std::string& target) {
  const auto url = urlOf("/manifests/" + target);
  if (!url) return std::unexpected(url.error());
  auto response = ask({.url = *url,
                       .headers = {{"Accept", acceptedManifests()}},
                       .answer_bytes_max = kManifestBytesMax});
  if (!response) return errorOf(response);
  FetchedManifest fetched{.bytes = std::move(response->body),
                          .media_type = std::string(response->header("content-type")),
                          .digest = {}};
  fetched.digest = sha256Hex(fetched.bytes);
  if (target.contains(':') && target != "sha256:" + fetched.digest) {
    return std::unexpected(
        RegistryError(RegistryError::Kind::kOther,
                      fmt::format("expected the manifest {}, the one that came is "
                                  "sha256:{} ({})",
                                  target, fetched.digest, printable(fetched.media_type))));
  }
  return fetched;
}

RegistryResult<std::string> Registry::blob(const Descriptor& descriptor, const store::Store& store,
                                           const fetch::Progress& progress) {
  const auto wrong = [&](std::string_view why) {
    return std::unexpected(RegistryError(
        RegistryError::Kind::kOther, fmt::format("the blob sha256:{} ({}): {}", descriptor.digest,
                                                 printable(descriptor.media_type), why)));
  };
  const auto wrong_size = [&](std::uint64_t size) {
    return wrong(fmt::format("expected {} bytes, it has {}", descriptor.size, size));
  };
  if (auto there = store.find(descriptor.digest)) {
    const std::uint64_t size = fileSize(*there).value_or(0);
    return size == descriptor.size ? RegistryResult<std::string>(*std::move(there))
                                   : wrong_size(size);
  }
  const auto url = urlOf("/blobs/sha256:" + descriptor.digest);
  if (!url) return std::unexpected(url.error());
  auto partial = store.partialPath(descriptor.digest);
  if (!partial) return errorOf(partial);
  auto response = askWith({.url = *url}, [&](const fetch::Request& asked) {
    return client_.download(asked, *partial, descriptor.size, progress);
  });
  if (!response) return errorOf(response);
  if (response->status != kOk) return wrong(fmt::format("HTTP status {}", response->status));
  // Another process may have stored it meanwhile.
  if (auto there = store.find(descriptor.digest)) return *std::move(there);
  if (const auto size = fileSize(*partial); size && *size != descriptor.size) {
    discard(*partial);
    return wrong_size(*size);
  }
  auto stored = store.commit(descriptor.digest);
  if (!stored) return wrong(stored.error().message);
  return *std::move(stored);
}

RegistryResult<Registry::Uploaded> Registry::upload(const Content& content,
                                                    const fetch::Progress& progress) {
  const std::string digest = "sha256:" + content.digest;
  const auto there = urlOf("/blobs/" + digest);
  if (!there) return std::unexpected(there.error());
  auto head = ask({.method = "HEAD", .url = *there});
  if (head && head->status == kOk) return Uploaded::kBefore;
  if (!head && head.error().kind == RegistryError::Kind::kUnreachable) return errorOf(head);

  const auto url = urlOf("/blobs/uploads/");
  if (!url) return std::unexpected(url.error());
  auto begun = ask({.method = "POST", .url = *url});
  if (!begun) return errorOf(begun);
  const std::string location(begun->header("location"));
  if (begun->status != kAccepted || location.empty()) {
    return std::unexpected(RegistryError(RegistryError::Kind::kOther,
                                         fmt::format("expected a place to upload to (202 with a "
                                                     "Location), got HTTP status {}",
                                                     begun->status)));
  }
  const auto refused = [&](std::string_view why) {
    return std::unexpected(RegistryError(RegistryError::Kind::kOther, std::string(why)));
  };
  const auto from = fetch::Url::parse(begun->url);
  const auto place = from ? from->resolve(location) : from;
  if (!place) {
    return refused(fmt::format("it wants the upload at a place that can't be used: {}",
                               place.error().message));
  }
  if (place->origin().scheme != "https" && !fetch::sameOrigin(place->text(), base_)) {
    return refused(
        fmt::format("it wants the upload without encryption, at {}", place->withoutQuery()));
  }
  auto done = ask({.method = "PUT",
                   .url = place->withQuery("digest=" + digest).text(),
                   .headers = {{"Content-Type", "application/octet-stream"}},
                   .body = content.bytes,
                   .body_file = content.file,
                   .upload_progress = progress});
  if (!done) return errorOf(done);
  if (done->status == kCreated) return Uploaded::kNow;
  return std::unexpected(RegistryError(
      RegistryError::Kind::kOther,
      fmt::format("expected the upload to be created (201), got HTTP status {}", done->status)));
}

RegistryResult<void> Registry::putManifest(const std::string& target, std::string_view media_type,
                                           const std::string& bytes) {
  const auto url = urlOf("/manifests/" + target);
  if (!url) return std::unexpected(url.error());
  auto done = ask({.method = "PUT",
                   .url = *url,
                   .headers = {{"Content-Type", std::string(media_type)}},
                   .body = bytes});
  if (!done) return errorOf(done);
  if (done->status == kCreated) return {};
  return std::unexpected(RegistryError(
      RegistryError::Kind::kOther,
      fmt::format("expected the manifest to be created (201), got HTTP status {}", done->status)));
}

}  // namespace wagi::oci
