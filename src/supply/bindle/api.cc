#include "supply/bindle/api.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <utility>

#include "base/base64.h"
#include "base/percent.h"
#include "base/printable.h"
#include "supply/bindle/ed25519.h"
#include "supply/bindle/reply.h"
#include "supply/bindle/transfers.h"
#include "supply/bindle/url.h"

namespace wagi::bindle {
namespace {

constexpr std::string_view kRoot = "/v1/";
constexpr std::string_view kInvoices = "_i";
constexpr std::string_view kInvoicePrefix = "_i/";
constexpr std::string_view kMissingPrefix = "_r/missing/";
constexpr int kOk = 200, kBadRequest = 400, kForbidden = 403, kNotFound = 404, kConflict = 409,
              kFailed = 500;

bool isRead(const RequestHead& head) { return head.method == "GET" || head.method == "HEAD"; }

std::optional<std::pair<std::string, std::string>> loginOf(std::string_view authorization) {
  constexpr std::string_view kBasic = "Basic ";
  if (!authorization.starts_with(kBasic)) return std::nullopt;
  const auto pair = decodeBase64(authorization.substr(kBasic.size()));
  const std::size_t colon = pair ? pair->find(':') : std::string::npos;
  if (colon == std::string::npos) return std::nullopt;
  return std::pair(pair->substr(0, colon), pair->substr(colon + 1));
}

std::optional<bool> booleanIn(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::uint64_t> numberIn(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > most)
    return std::nullopt;
  return number;
}

// Reads the parameters of /_q, whose names have a short form too. The error says what is wrong.
Result<Repository::Query> searchIn(std::string_view text) {
  constexpr std::uint64_t kLimitMax = 255;
  const auto query = parseQuery(text);
  if (!query) return fail("the query has a '%' without two hex digits");
  Repository::Query search;
  for (const auto& [name, value] : *query) {
    const auto wrong = [&] {
      return fail(fmt::format("the parameter '{}' has a value that isn't taken", name));
    };
    if (name == "q" || name == "query") {
      search.words = value;
    } else if (name == "v" || name == "version") {
      search.version = value;
    } else if (name == "o" || name == "offset") {
      const auto number = numberIn(value, UINT64_MAX);
      if (!number) return wrong();
      search.offset = *number;
    } else if (name == "l" || name == "limit") {
      const auto number = numberIn(value, kLimitMax);
      if (!number) return wrong();
      search.limit = *number;
    } else if (name == "yanked") {
      const auto boolean = booleanIn(value);
      if (!boolean) return wrong();
      search.yanked = *boolean;
    } else if (name == "strict") {  // Every search is strict, so the value changes nothing.
      if (!booleanIn(value)) return wrong();
    } else {
      return fail(fmt::format("there is no parameter '{}'", name));
    }
  }
  return search;
}

}  // namespace

std::unique_ptr<http::Task> Api::begin(http::Exchange& exchange) {
  const RequestHead& head = exchange.head();
  if (head.path == "/healthz") {
    replyJson(exchange, kOk, Value{{"status", "OK"}, {"version", WAGI_VERSION}});
    return nullptr;
  }
  const auto path = decodePercent(head.path);
  if (!path || !path->starts_with(kRoot)) {
    replyError(exchange, kNotFound, "there is nothing here: the interface is at /v1");
    return nullptr;
  }
  if (!admit(exchange)) return nullptr;
  if (auto fresh = repository_.refresh(); !fresh) {
    spdlog::error("{}", fresh.error().message);
    replyError(exchange, kFailed, "the repository can't be read");
    return nullptr;
  }
  const std::string_view rest = std::string_view(*path).substr(kRoot.size());
  if (rest == kInvoices) {
    if (head.method == "POST") return createInvoice(exchange, repository_, settings_);
    replyMethod(exchange, "POST");
  } else if (rest.starts_with(kInvoicePrefix)) {
    return beginInvoice(exchange, rest.substr(kInvoicePrefix.size()));
  } else if (!isRead(head)) {
    replyMethod(exchange, "GET, HEAD");
  } else if (rest.starts_with(kMissingPrefix)) {
    answerMissing(exchange, rest.substr(kMissingPrefix.size()));
  } else if (rest == "_q") {
    answerSearch(exchange);
  } else if (rest == "bindle-keys") {
    answerKeys(exchange);
  } else {
    replyError(exchange, kNotFound, "there is no such call");
  }
  return nullptr;
}

bool Api::admit(http::Exchange& exchange) {
  if (!settings_.passwords) return true;
  const RequestHead& head = exchange.head();
  const std::string_view authorization = fieldOf(head, "authorization");
  if (authorization.empty() && settings_.anonymous_reads && isRead(head)) return true;
  const auto login = loginOf(authorization);
  if (login && settings_.passwords->check(login->first, login->second)) return true;
  if (login) {
    spdlog::warn("{}: a wrong name or password, as '{}'", head.remote_address,
                 printable(login->first));
  }
  replyUnknown(exchange);
  return false;
}

std::unique_ptr<http::Task> Api::beginInvoice(http::Exchange& exchange, std::string_view path) {
  const std::size_t at = path.find('@');
  const auto id = parseId(path.substr(0, at));
  if (!id) {
    replyError(exchange, kBadRequest, id.error().message);
    return nullptr;
  }
  if (at != path.npos) return beginParcel(exchange, *id, std::string(path.substr(at + 1)));
  if (isRead(exchange.head())) {
    answerInvoice(exchange, *id);
  } else if (exchange.head().method == "DELETE") {
    answerYank(exchange, *id);
  } else {
    replyMethod(exchange, "GET, HEAD, DELETE");
  }
  return nullptr;
}

std::unique_ptr<http::Task> Api::beginParcel(http::Exchange& exchange, const Id& id,
                                             const std::string& digest) {
  const bool is_upload = exchange.head().method == "POST";
  if (!is_upload && !isRead(exchange.head())) {
    replyMethod(exchange, "GET, HEAD, POST");
    return nullptr;
  }
  const Invoice* invoice = findUnyanked(exchange, id);
  if (invoice == nullptr) return nullptr;
  const Parcel* parcel = invoice->findParcel(digest);
  if (parcel == nullptr) {
    replyError(exchange, is_upload ? kBadRequest : kNotFound,
               fmt::format("{} has no parcel with the digest {}", id.text(), digest));
    return nullptr;
  }
  const auto blob = repository_.store().find(digest);
  if (is_upload && blob) {
    replyError(exchange, kConflict, "the parcel is here already");
    return nullptr;
  }
  if (is_upload) return takeParcel(exchange, repository_.store(), id, parcel->label);
  if (blob) return sendParcel(exchange, *blob, parcel->label);
  replyError(exchange, kNotFound, fmt::format("the parcel {} hasn't been uploaded yet", digest));
  return nullptr;
}

const Invoice* Api::findUnyanked(http::Exchange& exchange, const Id& id) {
  const Invoice* invoice = repository_.find(id);
  if (invoice == nullptr) {
    replyError(exchange, kNotFound, fmt::format("there is no {}", id.text()));
    return nullptr;
  }
  if (!invoice->isYanked()) return invoice;
  replyError(exchange, kForbidden, fmt::format("{} is yanked", id.text()));
  return nullptr;
}

void Api::answerInvoice(http::Exchange& exchange, const Id& id) {
  const auto query = parseQuery(exchange.head().query.value_or(""));
  bool with_yanked = false;
  for (const auto& [name, value] : query.value_or(Query{})) {
    if (name == "yanked") with_yanked = value == "true";
  }
  const Invoice* invoice = with_yanked ? repository_.find(id) : findUnyanked(exchange, id);
  if (invoice != nullptr) {
    reply(exchange, kOk, valueOf(*invoice));
  } else if (with_yanked) {
    replyError(exchange, kNotFound, fmt::format("there is no {}", id.text()));
  }
}

void Api::answerYank(http::Exchange& exchange, const Id& id) {
  if (repository_.find(id) == nullptr) {
    return replyError(exchange, kNotFound, fmt::format("there is no {}", id.text()));
  }
  if (auto yanked = repository_.yank(id); !yanked) {
    return replyError(exchange, kFailed, yanked.error().message);
  }
  spdlog::info("{}: yanked {}", exchange.head().remote_address, id.text());
  reply(exchange, kOk, Value{{"message", "invoice yanked"}});
}

void Api::answerMissing(http::Exchange& exchange, std::string_view path) {
  const auto id = parseId(path);
  if (!id) return replyError(exchange, kBadRequest, id.error().message);
  const Invoice* invoice = findUnyanked(exchange, *id);
  if (invoice == nullptr) return;
  Value labels = Value::array();
  for (const Label& label : repository_.missing(*invoice)) labels.push_back(valueOf(label));
  reply(exchange, kOk, Value{{"missing", std::move(labels)}});
}

void Api::answerSearch(http::Exchange& exchange) {
  const auto query = searchIn(exchange.head().query.value_or(""));
  if (!query) return replyError(exchange, kBadRequest, query.error().message);
  const auto page = repository_.search(*query);
  if (!page) return replyError(exchange, kBadRequest, page.error().message);
  Value invoices = Value::array();
  for (const Invoice* invoice : page->invoices) invoices.push_back(valueOf(*invoice));
  reply(exchange, kOk,
        Value{{"query", query->words},
              {"strict", true},
              {"offset", query->offset},
              {"limit", query->limit},
              {"total", page->total},
              {"more", page->more},
              {"yanked", query->yanked},
              {"invoices", std::move(invoices)}});
}

void Api::answerKeys(http::Exchange& exchange) {
  for (const auto& [name, value] :
       parseQuery(exchange.head().query.value_or("")).value_or(Query{})) {
    if (name == "roles" && !value.empty() && value != text(Role::kHost)) {
      return replyError(exchange, kBadRequest, "only keys of the role host are here");
    }
  }
  auto entry = publicEntryOf(settings_.host_key);
  if (!entry) return replyError(exchange, kFailed, entry.error().message);
  entry->roles = {Role::kHost};
  reply(exchange, kOk, valueOf(Keyring{{*std::move(entry)}}));
}

}  // namespace wagi::bindle
