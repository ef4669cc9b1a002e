#include "net/fetch/client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "base/file.h"
#include "base/printable.h"
#include "base/unique_fd.h"
#include "net/fetch/transfer.h"
#include "net/fetch/url.h"

namespace wagi::fetch {
namespace {

constexpr std::chrono::seconds kRetryAfterMax{60};
constexpr std::uint64_t kCertificatesBytesMax = 16 << 20;
constexpr int kOk = 200, kPartialContent = 206, kMoved = 301, kFound = 302, kSeeOther = 303,
              kTemporaryRedirect = 307, kPermanentRedirect = 308, kRangeNotSatisfiable = 416,
              kTooManyRequests = 429;

bool isRepeatable(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

bool isRedirect(int status, bool asks) {
  if (status == kTemporaryRedirect || status == kPermanentRedirect) return true;
  return asks && (status == kMoved || status == kFound || status == kSeeOther);
}

bool isTransient(int status) { return status == kTooManyRequests || status >= 500; }

// Why a redirect isn't followed; "" where it is.
std::string_view refusalOf(const Origin& from, const Origin& to) {
  if (to.scheme == "https" || to == from) return {};
  return from.scheme == "https" ? "it isn't encrypted" : "it is another server, unencrypted";
}

std::optional<std::string> fileOfAuthorities(const Client::Settings& settings) {
  if (settings.ca_file) return settings.ca_file;
  const char* usual = std::getenv("SSL_CERT_FILE");  // The variable of OpenSSL's own commands.
  return usual != nullptr && *usual != '\0' ? std::optional<std::string>(usual) : std::nullopt;
}

// Reads the certificates at `path` together with the system's, in place of which libcurl would use
// them.
Result<std::string> readCertificates(const std::string& path) {
  auto own = readFile(path, kCertificatesBytesMax);
  if (!own) return own;
  const char* system_path = curl_version_info(CURLVERSION_NOW)->cainfo;
  if (system_path == nullptr) return own;
  const auto system = readFile(system_path, kCertificatesBytesMax);
  return system ? *own + '\n' + *system : own;
}

std::optional<std::uint64_t> numberIn(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Opens and locks the file of a download. nullopt means that another process had it locked, and has
// moved it to its place.
Result<std::optional<UniqueFd>> openLocked(const std::string& path) {
  const auto failed = [&] {
    return fail(fmt::format("can't write {}: {}", path, std::strerror(errno)));
  };
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) return failed();
    const bool waits = ::flock(fd.get(), LOCK_EX | LOCK_NB) != 0;
    while (waits && ::flock(fd.get(), LOCK_EX) != 0) {
      if (errno != EINTR) return failed();
    }
    struct stat held{}, there{};
    if (::fstat(fd.get(), &held) != 0) return failed();
    if (::stat(path.c_str(), &there) == 0) {
      if (there.st_ino == held.st_ino) return fd;
    } else if (waits) {
      return std::nullopt;
    }
  }
}

// The file of a download, to which answers are appended.
class Partial {
 public:
  Partial(UniqueFd fd, std::uint64_t bytes_max) : fd_(std::move(fd)), bytes_max_(bytes_max) {
    struct stat status{};
    if (::fstat(fd_.get(), &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
    if (size_ > bytes_max_) std::ignore = restart();
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool restart() {
    size_ = 0;
    return ::ftruncate(fd_.get(), 0) == 0;
  }

  // Whether the body of an answer with this head is appended to the file.
  Result<bool> takes(const Response& head) {
    if (head.status == kOk) {
      if (!restart()) return fail(fmt::format("can't write the file: {}", std::strerror(errno)));
    } else if (head.status == kPartialContent) {
      const std::string_view range = head.header("content-range");
      if (!range.starts_with(fmt::format("bytes {}-", size_))) {
        return fail(
            fmt::format("asked for the bytes from {} on, it sent the range '{}'", size_, range));
      }
    } else {
      return false;
    }
    const auto length = numberIn(head.header("content-length"));
    if (length && (*length > bytes_max_ || size_ + *length > bytes_max_)) {
      return fail(fmt::format("it would send {} bytes, at most {} are expected", size_ + *length,
                              bytes_max_));
    }
    return true;
  }

  Result<void> write(std::string_view bytes) {
    if (size_ + bytes.size() > bytes_max_) {
      return fail(fmt::format("it sent more than the {} bytes that are expected", bytes_max_));
    }
    while (!bytes.empty()) {
      const ssize_t count =
          ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(size_));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return fail(fmt::format("can't write the file: {}", std::strerror(errno)));
      bytes.remove_prefix(static_cast<std::size_t>(count));
      size_ += static_cast<std::uint64_t>(count);
    }
    return {};
  }

 private:
  UniqueFd fd_;
  const std::uint64_t bytes_max_;
  std::uint64_t size_ = 0;
};

}  // namespace

struct Client::Handle {
  struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  const Clock& clock;
  std::unique_ptr<CURL, Free> curl{curl_easy_init()};
  std::optional<Result<std::string>> certificates{};  // Read at the first use.

  // Transfers, and follows redirects.
  std::expected<TransferResult, Failure> follow(Transfer transfer, const Settings& settings);
  // Follows, and tries again after failures. The body goes to `partial`, if that isn't null.
  Result<Response> repeat(const Request& request, const Settings& settings, Partial* partial,
                          const Progress& progress);
};

std::expected<TransferResult, Failure> Client::Handle::follow(Transfer transfer,
                                                              const Settings& settings) {
  if (!curl) return std::unexpected(Failure{"libcurl can't be used"});
  if (settings.ca_file && !certificates) certificates = readCertificates(*settings.ca_file);
  if (certificates && !*certificates) {
    return std::unexpected(Failure{certificates->error().message});
  }
  const std::string& method = transfer.request.method;
  const bool asks = method == "GET" || method == "HEAD";
  const Origin first = transfer.url.origin();
  for (int hop = 0;; ++hop) {
    auto answer = run(curl.get(), transfer, settings, certificates ? **certificates : "", clock);
    if (!answer) return answer;
    const std::string_view location = answer->response.header("location");
    if (location.empty() || !isRedirect(answer->response.status, asks)) return answer;
    auto to = transfer.url.resolve(location);
    if (!to) {
      const std::string shown = withoutCredentials(location.substr(0, location.find('?')));
      return std::unexpected(Failure{fmt::format("its redirect to '{}' isn't followed: {}",
                                                 printable(shown), to.error().message)});
    }
    const std::string_view refusal = refusalOf(transfer.url.origin(), to->origin());
    if (!refusal.empty()) {
      return std::unexpected(Failure{
          fmt::format("its redirect to {} isn't followed: {}", to->withoutQuery(), refusal)});
    }
    if (hop == settings.redirects_max) {
      return std::unexpected(Failure{fmt::format("more than {} redirects, the last one to {}",
                                                 settings.redirects_max, to->withoutQuery())});
    }
    if (to->origin() != first) transfer.credentials = false;  // Stays so, even if it leads back.
    transfer.url = *std::move(to);
  }
}

Result<Response> Client::Handle::repeat(const Request& request, const Settings& settings,
                                        Partial* partial, const Progress& progress) {
  auto pause = settings.back_off;
  const auto failed = [&](std::string_view why) {
    return fail(fmt::format("{} {}: {}", request.method, withoutCredentials(request.url), why));
  };
  const auto url = Url::parse(request.url);
  if (!url) return failed(url.error().message);
  for (int left = settings.tries_max;; --left) {
    Transfer transfer{
        .request = request, .url = *url, .takes_body = {}, .on_body = {}, .progress = {}};
    const std::uint64_t start = partial == nullptr ? 0 : partial->size();
    if (partial != nullptr) {
      transfer.range_from = start;
      transfer.takes_body = [&](const Response& head) { return partial->takes(head); };
      transfer.on_body = [&](std::string_view bytes) { return partial->write(bytes); };
      transfer.progress = [&](std::uint64_t done, std::optional<std::uint64_t> all) {
        const std::uint64_t before = partial->size() - std::min(done, partial->size());
        if (progress) progress(partial->size(), all ? std::optional(before + *all) : all);
      };
    }
    auto answer = follow(std::move(transfer), settings);
    const bool may_repeat = left > 1 && isRepeatable(request.method);
    auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(pause);
    if (!answer) {
      if (!may_repeat || !answer.error().transient) {
        return failed(answer.error().message);
      }
    } else if (answer->response.status == kRangeNotSatisfiable && start != 0) {
      // Either the file is complete, or it isn't the beginning of what the server has now.
      if (answer->response.header("content-range") == fmt::format("bytes */{}", start)) {
        answer->response.status = kOk;
        return std::move(answer->response);
      }
      if (left <= 1 || !partial->restart()) return std::move(answer->response);
      wait = std::chrono::milliseconds(0);
    } else if (may_repeat && isTransient(answer->response.status) &&
               answer->retry_after <= kRetryAfterMax) {
      wait = std::max<std::chrono::milliseconds>(wait, answer->retry_after);
    } else {
      if (answer->response.status == kPartialContent && partial != nullptr) {
        answer->response.status = kOk;
      }
      return std::move(answer->response);
    }
    clock.sleep(wait);
    pause *= 2;
  }
}

Client::Client(Settings settings, const Clock& clock)
    : settings_(std::move(settings)), handle_(new Handle{.clock = clock}) {
  settings_.ca_file = fileOfAuthorities(settings_);
}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Response> Client::send(const Request& request) {
  return handle_->repeat(request, settings_, nullptr, {});
}

Result<Response> Client::download(const Request& request, const std::string& path,
                                  std::uint64_t bytes_max, const Progress& progress) {
  auto fd = openLocked(path);
  if (!fd) return std::unexpected(std::move(fd.error()));
  if (!*fd) return Response{.status = kOk, .headers = {}, .body = {}, .url = request.url};
  Partial partial(**std::move(fd), bytes_max);
  auto response = handle_->repeat(request, settings_, &partial, progress);
  if (partial.size() == 0 && !(response && response->status == kOk)) ::unlink(path.c_str());
  if (response && response->status == kOk && progress) progress(partial.size(), partial.size());
  return response;
}

std::vector<std::string> certificatesOf(const Client::Settings& settings) {
  std::vector<std::string> paths;
  if (auto own = fileOfAuthorities(settings)) paths.push_back(*std::move(own));
  const curl_version_info_data* const usual = curl_version_info(CURLVERSION_NOW);
  for (const char* path : {usual->cainfo, usual->capath}) {
    if (path != nullptr) paths.emplace_back(path);
  }
  return paths;
}

std::string_view Response::header(std::string_view name) const {
  const auto found = std::ranges::find(
      headers, name, [](const auto& field) -> const auto& { return field.first; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace wagi::fetch
