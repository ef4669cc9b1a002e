#include "supply/source/fetching.h"

#include <fmt/format.h>

#include <ctime>
#include <string>
#include <utility>

#include "supply/artifact/child_job.h"
#include "supply/hippo/hippofacts.h"
#include "supply/source/confine.h"
#include "supply/source/credential_broker.h"
#include "supply/source/fetch.h"

namespace wagi::source {
namespace {

std::string describe(const FetchRequest& request) {
  if (request.bindle) return "the bindle " + request.bindle->id;
  if (!request.project.empty()) return "the files of " + request.project;
  const std::size_t others = request.references.size() - 1;
  return request.references.front() + (others > 0 ? fmt::format(" and {} more", others) : "");
}

// Whether what was fetched is where it may be: the process that says so has read what strangers
// sent, and may be theirs by now.
Result<void> checkPlaces(const FetchRequest& request, const Fetched& fetched) {
  const auto store = store::Store::open(request.store);
  if (!store) return std::unexpected(store.error());
  std::vector<std::string> roots{store->directory()};
  if (!request.project.empty()) roots.push_back(hippo::folderOf(request.project));
  return fetched.checkPlaces(roots);
}

class ChildFetching final : public Fetching {
 public:
  ChildFetching(FetchRequest request, artifact::ChildJob child,
                std::optional<CredentialBroker> broker, Clock::time_point started)
      : request_(std::move(request)),
        child_(std::move(child)),
        broker_(std::move(broker)),
        started_(started) {}

  bool step(Clock::time_point) override {
    if (!child_ended_ && !child_.read()) return false;
    child_ended_ = true;
    // The broker of one that crashed may still wait for a helper.
    if (broker_ && child_.signal() != 0) broker_.reset();
    return !broker_ || broker_->hasEnded();
  }
  void addTo(std::vector<pollfd>& fds) const override {
    fds.push_back({child_ended_ ? broker_->fd() : child_.fd(), POLLIN, 0});
  }
  std::optional<Clock::time_point> deadline() const override { return std::nullopt; }
  std::vector<artifact::Running> running(Clock::time_point now) const override {
    return {{describe(request_), artifact::Phase::kFetching, now - started_}};
  }
  Result<Fetched> take() override {
    auto fetched = result();
    if (!fetched) {
      return fail(fmt::format("{}: {}", describe(request_), fetched.error().message));
    }
    return fetched;
  }

 private:
  Result<Fetched> result() {
    if (broker_) broker_->finish();
    const auto answer = child_.take();
    if (!answer) return std::unexpected(answer.error());
    auto fetched = Fetched::deserialize(*answer);
    if (!fetched) return fetched;
    if (auto good = checkPlaces(request_, *fetched); !good) return std::unexpected(good.error());
    return fetched;
  }

  const FetchRequest request_;
  artifact::ChildJob child_;
  bool child_ended_ = false;
  std::optional<CredentialBroker> broker_;
  const Clock::time_point started_;
};

Result<std::string> fetchLockedDown(FetchRequest request, int asker) {
  const auto store = store::Store::open(request.store);
  if (!store) return std::unexpected(store.error());
  if (auto confined = confineFetch(request, store->directory()); !confined) {
    return std::unexpected(std::move(confined.error()));
  }
  request.registries.credentials = [asker](std::string_view registry) {
    return askBroker(asker, registry);
  };
  const auto fetched = fetch(request, *store, std::time(nullptr));
  if (!fetched) return std::unexpected(fetched.error());
  return fetched->serialize();
}

}  // namespace

Result<std::unique_ptr<Fetching>> startFetching(const FetchRequest& request,
                                                artifact::BackgroundWork::Clock::time_point now) {
  std::optional<CredentialBroker> broker;
  if (!request.references.empty()) {
    auto started = CredentialBroker::start(request);
    if (!started) return std::unexpected(std::move(started.error()));
    broker = *std::move(started);
  }
  const int asker = broker ? broker->asker() : -1;
  std::vector<int> keep;
  if (broker) keep.push_back(asker);
  auto child = artifact::ChildJob::start(
      [&](const auto&) { return fetchLockedDown(request, asker); }, std::move(keep));
  if (!child) return std::unexpected(std::move(child.error()));
  if (broker) broker->closeAsker();
  return std::make_unique<ChildFetching>(request, *std::move(child), std::move(broker), now);
}

}  // namespace wagi::source
