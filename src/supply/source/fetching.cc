#include "supply/source/fetching.h"

#include <fmt/format.h>

#include <ctime>
#include <string>
#include <utility>

#include "supply/artifact/child_job.h"
#include "supply/source/fetch.h"

namespace wagi::source {
namespace {

std::string describe(const FetchRequest& request) {
  if (request.bindle) return "the bindle " + request.bindle->id;
  if (!request.project.empty()) return "the files of " + request.project;
  const std::size_t others = request.references.size() - 1;
  return request.references.front() + (others > 0 ? fmt::format(" and {} more", others) : "");
}

class ChildFetching final : public Fetching {
 public:
  ChildFetching(artifact::ChildJob child, std::string what, Clock::time_point started)
      : child_(std::move(child)), what_(std::move(what)), started_(started) {}

  bool step(Clock::time_point) override { return child_.read(); }
  void addTo(std::vector<pollfd>& fds) const override { fds.push_back({child_.fd(), POLLIN, 0}); }
  std::optional<Clock::time_point> deadline() const override { return std::nullopt; }
  std::vector<artifact::Running> running(Clock::time_point now) const override {
    return {{what_, artifact::Phase::kFetching, now - started_}};
  }
  Result<Fetched> take() override {
    auto answer = child_.take();
    if (!answer) return fail(fmt::format("{}: {}", what_, answer.error().message));
    return Fetched::deserialize(*answer);
  }

 private:
  artifact::ChildJob child_;
  const std::string what_;  // What is fetched, shown to a person who waits.
  const Clock::time_point started_;
};

Result<std::string> work(const FetchRequest& request) {
  const auto store = store::Store::open(request.store);
  if (!store) return std::unexpected(store.error());
  const auto fetched = fetch(request, *store, std::time(nullptr));
  if (!fetched) return std::unexpected(fetched.error());
  return fetched->serialize();
}

}  // namespace

Result<std::unique_ptr<Fetching>> startFetching(const FetchRequest& request,
                                                artifact::BackgroundWork::Clock::time_point now) {
  auto child = artifact::ChildJob::start([&request](const auto&) { return work(request); });
  if (!child) return std::unexpected(std::move(child.error()));
  return std::make_unique<ChildFetching>(*std::move(child), describe(request), now);
}

}  // namespace wagi::source
