#include "supply/bindle/transfers.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/awaitable.hpp>
#include <cerrno>
#include <charconv>
#include <span>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "supply/bindle/answers.h"
#include "supply/bindle/parcel_writer.h"
#include "supply/bindle/reply.h"

namespace wagi::bindle {
namespace {

using boost::asio::awaitable;
using http::Exchange;
using http::Wake;

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::size_t kPendingBytesMax = 256 << 10;
constexpr int kOk = 200, kCreated = 201, kAccepted = 202, kPartialContent = 206, kBadRequest = 400,
              kConflict = 409, kTooLarge = 413, kRangeNotSatisfiable = 416, kYanked = 422,
              kFailed = 500, kFull = 507;

enum class Taken : std::uint8_t {
  kWhole,
  kRefused,  // The sink took no more.
  kGone,     // The client left, or was too slow: nobody is there to be answered.
};

// Hands the request's body to `sink` as it comes, until its end or until the sink returns false.
template <class Sink>
awaitable<Taken> takeBody(Exchange& exchange, Sink sink) {
  std::string buffer(kPieceBytes, '\0');
  for (;;) {
    const std::size_t count = exchange.readBody(std::as_writable_bytes(std::span(buffer)));
    if (count > 0) {
      if (!sink(std::string_view(buffer).substr(0, count))) co_return Taken::kRefused;
      continue;
    }
    if (exchange.bodyComplete()) co_return Taken::kWhole;
    const Wake wake = co_await exchange.waitBody();
    if (wake != Wake::kReady) co_return Taken::kGone;
  }
}

class CreateInvoice final : public http::Task {
 public:
  CreateInvoice(Exchange& exchange, Repository& repository, const ApiSettings& settings)
      : exchange_(exchange), repository_(repository), settings_(settings) {}

  awaitable<void> run() override {
    const Taken taken = co_await takeBody(exchange_, [&](std::string_view piece) {
      if (piece.size() > kDocumentBytesMax - body_.size()) return false;
      body_.append(piece);
      return true;
    });
    if (taken == Taken::kWhole) {
      create();
    } else if (taken == Taken::kRefused) {
      replyError(exchange_, kTooLarge,
                 fmt::format("an invoice has at most {} bytes", kDocumentBytesMax));
    }
  }

 private:
  void create() {
    const RequestHead& head = exchange_.head();
    auto invoice = parseInvoice(body_, formatOf(fieldOf(head, "content-type")), "the invoice");
    if (!invoice) return replyError(exchange_, kBadRequest, invoice.error().message);
    if (invoice->isYanked()) {
      return replyError(exchange_, kYanked, "an invoice that is yanked can't be created");
    }
    if (settings_.trust) {
      auto good = verify(*invoice, settings_.trust->strategy, settings_.trust->keyring);
      if (!good) return replyError(exchange_, kBadRequest, good.error().message);
    }
    const std::string id = invoice->id.text();
    if (repository_.find(invoice->id) != nullptr) {
      return replyError(exchange_, kConflict, fmt::format("{} exists", id));
    }
    if (repository_.size() >= Repository::kInvoicesMax) {
      return replyError(exchange_, kFull, "this server takes no more invoices");
    }
    if (auto good = sign(*invoice, settings_.host_key, Role::kHost, settings_.now()); !good) {
      return replyError(exchange_, kBadRequest, good.error().message);
    }
    const auto created = repository_.create(*std::move(invoice));
    if (!created) return replyError(exchange_, kFailed, created.error().message);
    if (*created == nullptr) return replyError(exchange_, kConflict, fmt::format("{} exists", id));
    spdlog::info("{}: created {}", head.remote_address, id);
    Value answer{{"invoice", valueOf(**created)}};
    const std::vector<Label> missing = repository_.missing(**created);
    if (missing.empty()) return reply(exchange_, kCreated, answer);
    for (const Label& label : missing) answer["missing"].push_back(valueOf(label));
    reply(exchange_, kAccepted, answer);
  }

  Exchange& exchange_;
  Repository& repository_;
  const ApiSettings& settings_;
  std::string body_;
};

class TakeParcel final : public http::Task {
 public:
  TakeParcel(Exchange& exchange, ParcelWriter writer, const Id& id, const Label& label)
      : exchange_(exchange),
        writer_(std::move(writer)),
        id_(id.text()),
        name_(label.name),
        size_(label.size) {}

  awaitable<void> run() override {
    std::optional<Error> error;
    int status = kBadRequest;
    const Taken taken = co_await takeBody(exchange_, [&](std::string_view piece) {
      if (piece.size() > writer_.left()) {
        error = moreThan(size_);
      } else if (auto written = writer_.write(piece); !written) {
        status = kFailed;
        error = std::move(written.error());
      }
      return !error;
    });
    if (taken == Taken::kGone) co_return;
    if (!error) {
      if (auto finished = writer_.finish(); !finished) error = std::move(finished.error());
    }
    if (error) {
      replyError(exchange_, status, fmt::format("the parcel \"{}\": {}", name_, error->message));
      co_return;
    }
    spdlog::info("{}: took the parcel \"{}\" of {}", exchange_.head().remote_address,
                 printable(name_), id_);
    reply(exchange_, kOk, Value{{"message", "parcel created"}});
  }

 private:
  Exchange& exchange_;
  ParcelWriter writer_;
  const std::string id_;
  const std::string name_;
  const std::uint64_t size_;
};

class SendParcel final : public http::Task {
 public:
  SendParcel(Exchange& exchange, UniqueFd file, std::uint64_t at)
      : exchange_(exchange), file_(std::move(file)), at_(at) {}

  awaitable<void> run() override {
    std::string buffer(kPieceBytes, '\0');
    for (;;) {
      const ssize_t count =
          ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(at_));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) co_return exchange_.abort();
      if (count == 0) break;
      at_ += static_cast<std::uint64_t>(count);
      exchange_.write(std::as_bytes(std::span(buffer).first(static_cast<std::size_t>(count))));
      if (exchange_.pendingBytes() < kPendingBytesMax) continue;
      if (co_await exchange_.waitDrained() != Wake::kReady) co_return;
    }
    exchange_.end();
  }

 private:
  Exchange& exchange_;
  const UniqueFd file_;
  std::uint64_t at_;
};

// The N of "bytes=N-"; 0 for any other range, which may be ignored (RFC 9110 14.2).
std::uint64_t rangeStart(std::string_view range) {
  constexpr std::string_view kBytes = "bytes=";
  if (!range.starts_with(kBytes) || !range.ends_with('-')) return 0;
  range.remove_prefix(kBytes.size());
  range.remove_suffix(1);
  std::uint64_t start = 0;
  const auto [end, error] = std::from_chars(range.data(), range.data() + range.size(), start);
  return error == std::errc() && end == range.data() + range.size() ? start : 0;
}

}  // namespace

std::unique_ptr<http::Task> createInvoice(Exchange& exchange, Repository& repository,
                                          const ApiSettings& settings) {
  return std::make_unique<CreateInvoice>(exchange, repository, settings);
}

std::unique_ptr<http::Task> takeParcel(Exchange& exchange, const store::Store& store, const Id& id,
                                       const Label& label) {
  const auto length = exchange.head().content_length;
  if (length && *length != label.size) {
    replyError(
        exchange, kBadRequest,
        fmt::format("the parcel \"{}\" has {} bytes, not {}", label.name, label.size, *length));
    return nullptr;
  }
  auto writer = ParcelWriter::begin(store, label.sha256, label.size, ParcelWriter::Wait::kNo);
  if (!writer) {
    replyError(exchange, kFailed, writer.error().message);
    return nullptr;
  }
  if (!*writer) {
    replyError(exchange, kConflict, "the parcel is being uploaded by somebody else");
    return nullptr;
  }
  return std::make_unique<TakeParcel>(exchange, std::move(**writer), id, label);
}

std::unique_ptr<http::Task> sendParcel(Exchange& exchange, const std::string& path,
                                       const Label& label) {
  UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) {
    replyError(exchange, kFailed, "the parcel can't be read");
    return nullptr;
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const std::uint64_t start = rangeStart(fieldOf(exchange.head(), "range"));
  std::vector<Field> fields{{"Content-Type", label.media_type}, {"Accept-Ranges", "bytes"}};
  std::string range;
  if (start > 0) {
    range = start < size ? fmt::format("bytes {}-{}/{}", start, size - 1, size)
                         : fmt::format("bytes */{}", size);
    fields.push_back({"Content-Range", range});
  }
  if (start > 0 && start >= size) {
    exchange.start({kRangeNotSatisfiable, {}, fields}, 0);
    exchange.end();
    return nullptr;
  }
  exchange.start({start > 0 ? kPartialContent : kOk, {}, fields}, size - start);
  if (exchange.head().method == "HEAD") {
    exchange.end();
    return nullptr;
  }
  return std::make_unique<SendParcel>(exchange, std::move(file), start);
}

}  // namespace wagi::bindle
