#include "net/fetch/transfer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

#include "base/text.h"
#include "base/tls_suites.h"
#include "base/unique_fd.h"
#include "net/fetch/stall_watch.h"
#include "net/fetch/url.h"

namespace wagi::fetch {
namespace {

constexpr long kRangeNotSatisfiable = 416;
constexpr std::size_t kHeadBytesMax = 256 << 10;
constexpr auto kProgressEvery = std::chrono::milliseconds(200);

bool hasControls(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

void append(List& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  std::ignore = list.release();
  list.reset(longer);
}

// The state of one transfer, on which libcurl's callbacks work.
class Run {
 public:
  Run(CURL* curl, const Transfer& transfer, const Client::Settings& settings, const Clock& clock)
      : curl_(curl), transfer_(transfer), settings_(settings), clock_(clock) {}

  std::expected<TransferResult, Failure> perform(const std::string& certificates);

 private:
  std::optional<Failure> setUp(const std::string& certificates);
  std::optional<Failure> setUpBody();
  std::optional<Failure> setUpHeaders();
  void setUpCallbacks();
  bool onHeaderLine(std::string_view line);
  bool onHeadEnd();
  bool onBody(std::string_view bytes);
  // Bytes of the bodies, received and sent: so far, and in all.
  struct Bytes {
    std::uint64_t in, all_in, out, all_out;
  };
  bool onTime(const Bytes& bytes);
  void report(const Bytes& bytes) const;
  bool stop(std::string message, bool transient = false) {
    stopped_ = Failure{std::move(message), transient};
    return false;
  }
  [[nodiscard]] Failure failureOf(CURLcode code) const;
  [[nodiscard]] bool isHead() const { return transfer_.request.method == "HEAD"; }

  CURL* const curl_;
  const Transfer& transfer_;
  const Client::Settings& settings_;
  const Clock& clock_;
  List headers_;
  UniqueFd body_file_;
  std::array<char, CURL_ERROR_SIZE> reason_{};
  Response response_;
  std::size_t head_bytes_ = 0;
  std::uint64_t body_bytes_ = 0;
  bool head_is_all_ = false;  // The transfer ends behind the head, whatever follows it.
  bool body_begun_ = false;
  bool body_elsewhere_ = false;
  std::optional<Failure> stopped_;
  StallWatch stall_watch_{settings_.silence_max, clock_.now()};
  Clock::Time reported_{};
};

std::optional<Failure> Run::setUpBody() {
  const Request& request = transfer_.request;
  if (request.method == "HEAD") {
    curl_easy_setopt(curl_, CURLOPT_NOBODY, 1L);
  } else if (request.body_file) {
    body_file_.reset(::open(request.body_file->c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status{};
    if (!body_file_ || ::fstat(body_file_.get(), &status) != 0) {
      return Failure{fmt::format("can't read {}: {}", *request.body_file, std::strerror(errno))};
    }
    curl_easy_setopt(curl_, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(status.st_size));
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, request.body.c_str());  // Borrowed by libcurl.
  }
  curl_easy_setopt(curl_, CURLOPT_CUSTOMREQUEST, isHead() ? nullptr : request.method.c_str());
  return std::nullopt;
}

std::optional<Failure> Run::setUpHeaders() {
  const Request& request = transfer_.request;
  bool has_type = false;
  for (const auto& [name, value] : request.headers) {
    // A value, such as a token, may come from a server, so it may have line ends in it.
    if (name.empty() || hasControls(name) || hasControls(value)) {
      return Failure{fmt::format("the field {} has control characters in it", name)};
    }
    const std::string field = lowered(name);
    if (field == "authorization" && !transfer_.credentials) continue;
    has_type |= field == "content-type";
    append(headers_, value.empty() ? name + ';' : fmt::format("{}: {}", name, value));
  }
  if (!has_type) append(headers_, "Content-Type:");
  // Keeps libcurl from sending Expect, for which a large body waits a second at some servers.
  append(headers_, "Expect:");
  if (transfer_.range_from != 0) {
    append(headers_, fmt::format("Range: bytes={}-", transfer_.range_from));
  }
  curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_.get());
  if (request.login && transfer_.credentials) {
    curl_easy_setopt(curl_, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(curl_, CURLOPT_USERNAME, request.login->user.c_str());
    curl_easy_setopt(curl_, CURLOPT_PASSWORD, request.login->password.c_str());
  }
  return std::nullopt;
}

void Run::setUpCallbacks() {
  using Data = char*;
  curl_easy_setopt(
      curl_, CURLOPT_HEADERFUNCTION, +[](Data data, std::size_t, std::size_t size, void* self) {
        return static_cast<Run*>(self)->onHeaderLine({data, size}) ? size : std::size_t{0};
      });
  curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(
      curl_, CURLOPT_WRITEFUNCTION, +[](Data data, std::size_t, std::size_t size, void* self) {
        return static_cast<Run*>(self)->onBody({data, size}) ? size : std::size_t{0};
      });
  curl_easy_setopt(curl_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(
      curl_, CURLOPT_READFUNCTION, +[](Data data, std::size_t, std::size_t size, void* self) {
        const ssize_t count = ::read(static_cast<Run*>(self)->body_file_.get(), data, size);
        return count < 0 ? std::size_t{CURL_READFUNC_ABORT} : static_cast<std::size_t>(count);
      });
  curl_easy_setopt(curl_, CURLOPT_READDATA, this);
  // libcurl sends the body from its beginning again where a kept connection turns out to be dead.
  curl_easy_setopt(
      curl_, CURLOPT_SEEKFUNCTION, +[](void* self, curl_off_t offset, int origin) {
        const int fd = static_cast<Run*>(self)->body_file_.get();
        return ::lseek(fd, offset, origin) < 0 ? CURL_SEEKFUNC_FAIL : CURL_SEEKFUNC_OK;
      });
  curl_easy_setopt(curl_, CURLOPT_SEEKDATA, this);
  curl_easy_setopt(curl_, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(
      curl_, CURLOPT_XFERINFOFUNCTION,
      (+[](void* self, curl_off_t all_in, curl_off_t in, curl_off_t all_out, curl_off_t out) {
        const auto count = [](curl_off_t value) { return static_cast<std::uint64_t>(value); };
        const Bytes bytes{count(in), count(all_in), count(out), count(all_out)};
        return static_cast<Run*>(self)->onTime(bytes) ? 0 : 1;
      }));
  curl_easy_setopt(curl_, CURLOPT_XFERINFODATA, this);
}

std::optional<Failure> Run::setUp(const std::string& certificates) {
  curl_easy_reset(curl_);  // Connections stay open.
  curl_easy_setopt(curl_, CURLOPT_ERRORBUFFER, reason_.data());
  curl_easy_setopt(curl_, CURLOPT_URL, transfer_.url.text().c_str());  // Copied by libcurl.
  curl_easy_setopt(curl_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl_, CURLOPT_USERAGENT, "wagi/" WAGI_VERSION);
  curl_easy_setopt(curl_, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(settings_.connect_max.count()));
  curl_easy_setopt(curl_, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(curl_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (transfer_.url.origin().isLoopback()) curl_easy_setopt(curl_, CURLOPT_PROXY, "");
  curl_easy_setopt(curl_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl_, CURLOPT_SSL_CIPHER_LIST, kTls12Suites);
  if (!settings_.verify) {
    curl_easy_setopt(curl_, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(curl_, CURLOPT_SSL_VERIFYHOST, 0L);
  } else if (!certificates.empty()) {
    curl_blob blob{const_cast<char*>(certificates.data()), certificates.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(curl_, CURLOPT_CAINFO_BLOB, &blob);
  }
  setUpCallbacks();
  if (auto failure = setUpHeaders()) return failure;
  return setUpBody();
}

bool Run::onHeaderLine(std::string_view line) {
  if (body_begun_) return true;  // The line is a trailer (RFC 9112 7.1.2).
  head_bytes_ += line.size();
  if (head_bytes_ > kHeadBytesMax) return stop("its header is over 256 KiB");
  line = trim(line, " \t\r\n");
  if (line.starts_with("HTTP/") && !line.contains(": ")) {
    response_.headers.clear();  // An interim answer (1xx) or one to CONNECT may have come before.
    return true;
  }
  if (line.empty()) return onHeadEnd();
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return true;
  response_.headers.emplace_back(lowered(line.substr(0, colon)), trim(line.substr(colon + 1)));
  return true;
}

bool Run::onHeadEnd() {
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  if (status < 200 || isHead()) return true;
  body_elsewhere_ = false;
  // Some servers send a 416 with the Content-Length of the whole, and no body.
  if (status == kRangeNotSatisfiable && transfer_.range_from != 0) {
    head_is_all_ = true;
    return false;
  }
  if (transfer_.takes_body) {
    const auto takes = transfer_.takes_body(response_);
    if (!takes) return stop(takes.error().message);
    body_elsewhere_ = *takes;
  }
  if (body_elsewhere_) return true;
  std::uint64_t length = 0;
  const std::string_view text = response_.header("content-length");
  std::from_chars(text.data(), text.data() + text.size(), length);
  if (length <= transfer_.request.answer_bytes_max) return true;
  return stop(fmt::format("its answer has {} bytes, over the limit of {}", length,
                          transfer_.request.answer_bytes_max));
}

bool Run::onBody(std::string_view bytes) {
  body_begun_ = true;
  if (body_elsewhere_) {
    const auto taken = transfer_.on_body(bytes);
    return taken ? true : stop(taken.error().message);
  }
  body_bytes_ += bytes.size();
  if (body_bytes_ > transfer_.request.answer_bytes_max) {
    return stop(fmt::format("its answer is over the limit of {} bytes",
                            transfer_.request.answer_bytes_max));
  }
  response_.body.append(bytes);
  return true;
}

bool Run::onTime(const Bytes& transferred) {
  const Clock::Time now = clock_.now();
  auto stalled = stall_watch_.check(transferred.in + transferred.out + head_bytes_, now);
  if (stalled) return stop(*std::move(stalled), true);
  if (now - reported_ >= kProgressEvery) {
    reported_ = now;
    report(transferred);
  }
  return true;
}

void Run::report(const Bytes& bytes) const {
  const auto known = [](std::uint64_t all) { return all == 0 ? std::nullopt : std::optional(all); };
  if (transfer_.progress && body_elsewhere_) transfer_.progress(bytes.in, known(bytes.all_in));
  const Progress& upload = transfer_.request.upload_progress;
  if (upload && bytes.out != 0) upload(bytes.out, known(bytes.all_out));
}

Failure Run::failureOf(CURLcode code) const {
  if (stopped_) return *stopped_;
  const std::string_view reason = reason_[0] != '\0' ? reason_.data() : curl_easy_strerror(code);
  bool transient = false;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      transient = true;
      break;
    default:
      break;
  }
  return {std::string(reason), transient};
}

std::expected<TransferResult, Failure> Run::perform(const std::string& certificates) {
  if (auto failure = setUp(certificates)) return std::unexpected(*std::move(failure));
  const CURLcode code = curl_easy_perform(curl_);
  if (code != CURLE_OK && !head_is_all_) return std::unexpected(failureOf(code));
  if (transfer_.request.upload_progress) {
    curl_off_t sent = 0;
    curl_easy_getinfo(curl_, CURLINFO_SIZE_UPLOAD_T, &sent);
    const auto bytes = static_cast<std::uint64_t>(sent);
    transfer_.request.upload_progress(bytes, bytes);
  }
  TransferResult answer;
  answer.response = std::move(response_);
  answer.response.url = transfer_.url.text();
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &seconds);
  answer.retry_after = std::chrono::seconds(seconds);
  return answer;
}

}  // namespace

std::expected<TransferResult, Failure> run(CURL* curl, const Transfer& transfer,
                                           const Client::Settings& settings,
                                           const std::string& certificates, const Clock& clock) {
  return Run(curl, transfer, settings, clock).perform(certificates);
}

}  // namespace wagi::fetch
