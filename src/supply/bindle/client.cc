#include "supply/bindle/client.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/percent.h"
#include "net/fetch/url.h"
#include "supply/bindle/answers.h"
#include "supply/bindle/url.h"

namespace wagi::bindle {
namespace {

using Kind = ServerError::Kind;

constexpr std::string_view kToml = "application/toml";
constexpr std::uint64_t kMatchesBytesMax = 16 << 20;  // The limit of the TOML reader.
constexpr int kOk = 200, kCreated = 201, kAccepted = 202, kUnauthorized = 401, kForbidden = 403,
              kNotFound = 404, kConflict = 409, kServerError = 500;

std::string withoutSlash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

ServerError failure(Kind kind, std::string message) { return {kind, std::move(message)}; }

ServerError failureOf(const fetch::Request& request, const fetch::Response& response) {
  const std::string detail = errorIn(response.body);
  const std::string what = fmt::format("{} {}: {}{}{}", request.method, request.url,
                                       response.status, detail.empty() ? "" : ", ", detail);
  switch (response.status) {
    case kUnauthorized:
      return failure(Kind::kRefused, request.login ? what + " (name or password is wrong)"
                                                   : what + " (it wants a name and a password)");
    case kForbidden:
      return failure(Kind::kYanked, what);
    case kNotFound:
      return failure(Kind::kNotFound, what);
    default:
      return failure(response.status >= kServerError ? Kind::kUnreachable : Kind::kRefused, what);
  }
}

ServerError unusable(const fetch::Request& request, std::string_view why) {
  return failure(Kind::kRefused, fmt::format("{} {}: its answer can't be used: {}", request.method,
                                             request.url, why));
}

std::vector<std::string_view> digestsOf(const Invoice& invoice) {
  std::vector<std::string_view> digests;
  digests.reserve(invoice.parcels.size());
  for (const Parcel& parcel : invoice.parcels) digests.push_back(parcel.label.sha256);
  return digests;
}

}  // namespace

Result<Server> serverAt(const std::string& url) {
  const auto wrong = [&](std::string_view why) {
    return fail(fmt::format("'{}' is no http: or https: URL of a Bindle server: {}",
                            fetch::withoutCredentials(url), why));
  };
  auto parsed = fetch::Url::parseWithLogin(url);
  if (!parsed) return wrong(parsed.error().message);
  if (!parsed->url.query().empty()) return wrong("leave out what follows the '?'");
  return Server{.url = withoutSlash(parsed->url.text()), .login = std::move(parsed->login)};
}

Client::Client(Server server)
    : server_(std::move(server)),
      client_({.verify = server_.verify_certificate, .back_off = server_.back_off}) {
  server_.url = withoutSlash(std::move(server_.url));
}

fetch::Request Client::request(std::string method, const std::string& path) const {
  fetch::Request request;
  request.method = std::move(method);
  request.url = server_.url + path;
  request.headers = {{"Accept", std::string(kToml)}};
  request.login = server_.login;
  return request;
}

ServerResult<fetch::Response> Client::send(const fetch::Request& request) {
  auto response = client_.send(request);
  if (!response) return std::unexpected(failure(Kind::kUnreachable, response.error().message));
  return *std::move(response);
}

ServerResult<Invoice> Client::invoice(const Id& id, Yanked yanked) {
  const auto asked = request(
      "GET", "/_i/" + encodePath(id.text()) + (yanked == Yanked::kTaken ? "?yanked=true" : ""));
  const auto response = send(asked);
  if (!response) return std::unexpected(response.error());
  if (response->status == kForbidden && yanked == Yanked::kRefused) {
    return std::unexpected(
        failure(Kind::kYanked, fmt::format("{} is yanked, or not for you: {} answered 403, {}",
                                           id.text(), asked.url, errorIn(response->body))));
  }
  if (response->status != kOk) return std::unexpected(failureOf(asked, *response));
  auto invoice =
      parseInvoice(response->body, formatOf(response->header("content-type")), asked.url);
  if (!invoice) return std::unexpected(unusable(asked, invoice.error().message));
  if (invoice->id != id) {
    return std::unexpected(unusable(asked, "it is the invoice of " + invoice->id.text()));
  }
  // Some servers send a yanked invoice where they should refuse it.
  if (invoice->isYanked() && yanked == Yanked::kRefused) {
    return std::unexpected(failure(Kind::kYanked, id.text() + " is yanked"));
  }
  return *std::move(invoice);
}

ServerResult<void> Client::fetchParcel(const Id& id, const store::Digest& digest,
                                       std::uint64_t size, const store::Store& store,
                                       const fetch::Progress& progress) {
  if (store.find(digest)) return {};
  auto asked = request("GET", fmt::format("/_i/{}@{}", encodePath(id.text()), digest));
  asked.headers = {{"Accept", "*/*"}};
  const auto path = store.partialPath(digest);
  if (!path) return std::unexpected(failure(Kind::kRefused, path.error().message));
  const auto response = client_.download(asked, *path, size, progress);
  if (!response) return std::unexpected(failure(Kind::kUnreachable, response.error().message));
  if (response->status != kOk) return std::unexpected(failureOf(asked, *response));
  struct stat status{};
  const bool is_there = ::stat(path->c_str(), &status) == 0;
  if (is_there && static_cast<std::uint64_t>(status.st_size) != size) {
    ::unlink(path->c_str());
    return std::unexpected(
        unusable(asked, fmt::format("expected {} bytes, {} came", size, status.st_size)));
  }
  if (const auto stored = store.commit(digest); !stored) {
    return std::unexpected(unusable(asked, stored.error().message));
  }
  return {};
}

ServerResult<Client::Created> Client::create(const Invoice& invoice) {
  auto asked = request("POST", "/_i");
  asked.headers.emplace_back("Content-Type", kToml);
  asked.body = write(invoice, Format::kToml);
  asked.answer_bytes_max = 2 * kDocumentBytesMax;  // Room for the invoice and its parcels' labels.
  const auto response = send(asked);
  if (!response) return std::unexpected(response.error());
  if (response->status == kCreated || response->status == kAccepted) {
    auto created = parseCreated(*response);
    if (!created) return std::unexpected(unusable(asked, created.error().message));
    return Created{std::move(created->invoice), std::move(created->missing), false};
  }
  if (response->status != kConflict) return std::unexpected(failureOf(asked, *response));
  // The server's bindle counts, whoever made it.
  auto there = this->invoice(invoice.id, Yanked::kRefused);
  if (!there) return std::unexpected(there.error());
  if (digestsOf(*there) != digestsOf(invoice)) {
    return std::unexpected(failure(
        Kind::kRefused, fmt::format("{} exists at {} with other parcels, and can't be changed: "
                                    "choose another version",
                                    invoice.id.text(), server_.url)));
  }
  auto labels = missing(invoice.id);
  if (!labels) return std::unexpected(labels.error());
  return Created{*std::move(there), *std::move(labels), true};
}

ServerResult<bool> Client::upload(const Id& id, const store::Digest& digest,
                                  const std::string& path, const fetch::Progress& progress) {
  auto asked = request("POST", fmt::format("/_i/{}@{}", encodePath(id.text()), digest));
  asked.headers.emplace_back("Content-Type", "application/octet-stream");
  asked.body_file = path;
  asked.upload_progress = progress;
  const auto response = send(asked);
  if (!response) return std::unexpected(response.error());
  if (response->status == kConflict) return false;
  if (response->status != kOk && response->status != kCreated) {
    return std::unexpected(failureOf(asked, *response));
  }
  return true;
}

ServerResult<Client::Pushed> Client::push(const Invoice& invoice, const PathOf& path_of,
                                          const fetch::Progress& progress) {
  auto created = create(invoice);
  if (!created) return std::unexpected(created.error());
  Pushed pushed{std::move(created->invoice), 0, created->existed};
  std::string lacking;
  std::uint64_t all = 0;
  for (const Label& label : created->missing) all += label.size;
  std::uint64_t before = 0;
  const auto report = [&](std::uint64_t done, std::optional<std::uint64_t>) {
    if (progress) progress(before + done, all);
  };
  for (const Label& label : created->missing) {
    const auto path = path_of(label.sha256);
    if (!path) {
      if (lacking.empty()) lacking = label.name;
      continue;
    }
    const auto uploaded = upload(invoice.id, label.sha256, *path, report);
    if (!uploaded) return std::unexpected(uploaded.error());
    before += label.size;
    if (*uploaded) ++pushed.uploaded;
  }
  if (lacking.empty()) return pushed;
  return std::unexpected(
      failure(Kind::kRefused,
              fmt::format("{} isn't complete at {}: its parcel \"{}\" is neither there nor here",
                          invoice.id.text(), server_.url, lacking)));
}

ServerResult<std::vector<Label>> Client::missing(const Id& id) {
  const auto asked = request("GET", "/_r/missing/" + encodePath(id.text()));
  const auto response = send(asked);
  if (!response) return std::unexpected(response.error());
  if (response->status != kOk) return std::unexpected(failureOf(asked, *response));
  auto labels = parseMissing(*response);
  if (!labels) return std::unexpected(unusable(asked, labels.error().message));
  return *std::move(labels);
}

ServerResult<void> Client::yank(const Id& id) {
  const auto asked = request("DELETE", "/_i/" + encodePath(id.text()));
  const auto response = send(asked);
  if (!response) return std::unexpected(response.error());
  if (response->status != kOk) return std::unexpected(failureOf(asked, *response));
  return {};
}

ServerResult<Matches> Client::search(const Search& search) {
  auto asked =
      request("GET", fmt::format("/_q?q={}&v={}&o={}&l={}&strict={}&yanked={}",
                                 encodePercent(search.words), encodePercent(search.version),
                                 search.offset, search.limit, search.strict, search.yanked));
  asked.answer_bytes_max = kMatchesBytesMax;
  const auto response = send(asked);
  if (!response) return std::unexpected(response.error());
  if (response->status != kOk) return std::unexpected(failureOf(asked, *response));
  auto matches = parseMatches(*response);
  if (!matches) return std::unexpected(unusable(asked, matches.error().message));
  return *std::move(matches);
}

ServerResult<Keyring> Client::keys() {
  const auto asked = request("GET", "/bindle-keys?roles=host");
  const auto response = send(asked);
  if (!response) return std::unexpected(response.error());
  if (response->status != kOk) return std::unexpected(failureOf(asked, *response));
  auto keyring =
      parseKeyring(response->body, formatOf(response->header("content-type")), asked.url);
  if (!keyring) return std::unexpected(unusable(asked, keyring.error().message));
  return *std::move(keyring);
}

}  // namespace wagi::bindle
