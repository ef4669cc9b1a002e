#include "artifact/prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <filesystem>

namespace wagi::artifact {
namespace {

std::string canonicalPath(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);
  return error ? path : canonical.native();  // One that isn't there is reported when it is read.
}

Phase phaseOf(char said) { return said == 0 ? Phase::kLoading : static_cast<Phase>(said); }

std::string_view verbOf(Phase phase) {
  switch (phase) {
    case Phase::kFetching:
      return "fetching";
    case Phase::kLoading:
      return "loading";
    case Phase::kCompiling:
      return "compiling";
    case Phase::kRoutes:
      return "running _routes of";
  }
  return "preparing";
}

}  // namespace

Preparation::Preparation(const std::vector<std::string>& paths, const Cache& cache, Limits limits)
    : cache_(cache), limits_(limits) {
  std::map<std::string, std::string> first_spelling;
  for (const std::string& path : paths) {
    const auto [spelling, is_new] = first_spelling.try_emplace(canonicalPath(path), path);
    canonical_.try_emplace(path, spelling->second);
    if (is_new) waiting_.push_back(path);
  }
  std::reverse(waiting_.begin(), waiting_.end());
}

void Preparation::step(Clock::time_point now) {
  for (auto job = running_.begin(); job != running_.end();) {
    if (job->child.read()) {
      const auto answer = job->child.take();
      if (answer) {
        finish(job->path, Facts::deserialize(*answer));
      } else {
        finish(job->path, std::unexpected(answer.error()));
      }
      job = running_.erase(job);
    } else if (now >= job->started + limits_.compile_max) {
      finish(job->path, fail(fmt::format("{}: {} it took more than {} s", job->path,
                                         verbOf(phaseOf(job->child.said())),
                                         limits_.compile_max.count() / 1000.0)));
      job = running_.erase(job);
    } else {
      ++job;
    }
  }
  const auto until = Clock::now() + kRecallMax;
  while (canStart() && Clock::now() < until) startNext(now);
}

void Preparation::startNext(Clock::time_point now) {
  const std::string path = std::move(waiting_.back());
  waiting_.pop_back();
  if (auto facts = recall(path, cache_)) {
    finish(path, *std::move(facts));
    return;
  }
  auto child = ChildJob::start([&](const ChildJob::Say& say) -> Result<std::string> {
    const auto facts =
        inspect(path, cache_, limits_.routes, [&](Phase phase) { say(static_cast<char>(phase)); });
    if (!facts) return std::unexpected(facts.error());
    return facts->serialize();
  });
  if (!child) {
    finish(path, std::unexpected(std::move(child.error())));
    return;
  }
  running_.push_back({path, now, *std::move(child)});
}

void Preparation::finish(const std::string& path, Result<Facts> facts) {
  if (!facts && facts.error().message.find(path) == std::string::npos) {
    facts.error().message = fmt::format("{}: {}", path, facts.error().message);
  }
  facts_.insert_or_assign(path, std::move(facts));
}

void Preparation::addTo(std::vector<pollfd>& fds) const {
  for (const Job& job : running_) fds.push_back({job.child.fd(), POLLIN, 0});
}

std::optional<Preparation::Clock::time_point> Preparation::deadline() const {
  if (canStart()) return Clock::time_point();  // Long ago, and yet near enough to reckon with.
  std::optional<Clock::time_point> earliest;
  for (const Job& job : running_) {
    const auto deadline = job.started + limits_.compile_max;
    if (!earliest || deadline < *earliest) earliest = deadline;
  }
  return earliest;
}

std::vector<Preparation::Running> Preparation::running(Clock::time_point now) const {
  std::vector<Running> running;
  for (const Job& job : running_) {
    running.push_back({job.path, phaseOf(job.child.said()), now - job.started});
  }
  return running;
}

const Result<Facts>& Preparation::of(const std::string& path) const {
  assert(done());
  return facts_.at(canonical_.at(path));
}

}  // namespace wagi::artifact
