#include "supply/artifact/prepare.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <filesystem>

#include "base/earliest.h"
#include "base/file.h"
#include "supply/artifact/load.h"

namespace wagi::artifact {
namespace {

std::string canonicalPath(const std::string& path) {
  std::error_code error;
  const auto canonical = std::filesystem::canonical(path, error);
  return error ? path : canonical.native();  // A missing file is reported when it is read.
}

Phase phaseOf(char said) { return said == 0 ? Phase::kLoading : static_cast<Phase>(said); }

std::string_view verbOf(Phase phase) {
  switch (phase) {
    case Phase::kFetching:
      return "fetching";
    case Phase::kLoading:
      return "loading";
    case Phase::kCompiling:
    case Phase::kCacheFull:
      return "compiling";
    case Phase::kRoutes:
      return "running _routes of";
  }
  return "preparing";
}

// Whether `text` is what Rust, Wasmtime or the C++ library says when it gets no memory.
bool isForWantOfMemory(std::string_view text) {
  constexpr auto kTexts = std::to_array<std::string_view>(
      {"memory allocation of", "out of memory", "Cannot allocate memory", "std::bad_alloc"});
  return std::ranges::any_of(kTexts, [&](std::string_view some) { return text.contains(some); });
}

}  // namespace

ModulePreparation::ModulePreparation(const std::vector<InspectionRequest>& modules,
                                     const Cache& cache, Limits limits, const wagi::Clock& clock)
    : cache_(cache), limits_(limits), clock_(clock) {
  std::map<std::string, std::size_t> first;  // File to index in waiting_.
  for (const InspectionRequest& wanted : modules) {
    const auto [place, is_new] = first.try_emplace(canonicalPath(wanted.path), waiting_.size());
    if (is_new) waiting_.push_back({wanted.path, {}});
    InspectionRequest& same = waiting_[place->second];
    canonical_.try_emplace(wanted.path, same.path);
    same.memory_bytes_max.insert(wanted.memory_bytes_max.begin(), wanted.memory_bytes_max.end());
  }
  std::ranges::reverse(waiting_);
}

std::optional<ModulePreparation::Clock::time_point> ModulePreparation::endOf(const Job& job) const {
  if (limits_.compile.time_max.count() == 0) return std::nullopt;
  return job.started + limits_.compile.time_max;
}

bool ModulePreparation::step(Clock::time_point now) {
  for (auto job = running_.begin(); job != running_.end();) {
    if (job->child.read()) {
      take(*job);
    } else if (const auto end = endOf(*job); end && now >= *end) {
      finish(job->wanted.path,
             fail(fmt::format("{}: {} it took more than {} s; compile_ms_max in [server] allows "
                              "more",
                              job->wanted.path, verbOf(phaseOf(job->child.said())),
                              std::chrono::duration<double>(limits_.compile.time_max).count())));
    } else {
      ++job;
      continue;
    }
    job = running_.erase(job);
  }
  const auto until = clock_.now() + kRecallMax;
  while (canStart() && clock_.now() < until) startNext(now);
  return done();
}

// Takes the result of a child that has ended.
void ModulePreparation::take(Job& job) {
  const auto answer = job.child.take();
  if (answer) return finish(job.wanted.path, Inspection::deserialize(*answer));
  // A module whose code the cache had no room for is compiled once more.
  if (phaseOf(job.child.said()) == Phase::kCacheFull && job.directories == 1 &&
      cache_.makeOverflow()) {
    waiting_.push_back(std::move(job.wanted));
    return;
  }
  finish(job.wanted.path, std::unexpected(explain(job, answer.error())));
}

Error ModulePreparation::explain(const Job& job, Error error) const {
  const CompileLimits& limits = limits_.compile;
  const Phase phase = phaseOf(job.child.said());
  if (job.child.signal() == SIGXCPU) {
    return {fmt::format(
        "{}: {} it took more than {} s of CPU time; compile_ms_max in [server] "
        "allows more",
        job.wanted.path, verbOf(phase), std::chrono::duration<double>(limits.time_max).count())};
  }
  // The text of a `_routes` that failed is the guest's own, so it means nothing here.
  if (limits.memory_bytes_max != 0 && phase != Phase::kRoutes && isForWantOfMemory(error.message)) {
    return {
        fmt::format("{}: {} it takes more than {} MiB of memory; compile_memory_max in "
                    "[server] allows more",
                    job.wanted.path, verbOf(phase), limits.memory_bytes_max >> 20)};
  }
  return error;
}

void ModulePreparation::startNext(Clock::time_point now) {
  InspectionRequest wanted = std::move(waiting_.back());
  waiting_.pop_back();
  auto module = readFile(wanted.path, kModuleBytesMax);
  if (!module) return finish(wanted.path, std::unexpected(std::move(module.error())));
  if (auto facts = recall(wanted, *module, cache_)) return finish(wanted.path, *std::move(facts));
  auto child = ChildJob::start([&](const ChildJob::Say& say) -> Result<std::string> {
    const auto facts = inspect(wanted, *std::move(module), cache_, limits_.compile, limits_.routes,
                               [&](Phase phase) { say(static_cast<char>(phase)); });
    if (!facts) return std::unexpected(facts.error());
    return facts->serialize();
  });
  if (!child) {
    finish(wanted.path, std::unexpected(std::move(child.error())));
    return;
  }
  running_.push_back({std::move(wanted), now, *std::move(child), cache_.directories().size()});
}

void ModulePreparation::finish(const std::string& path, Result<Inspection> found) {
  if (!found && found.error().message.find(path) == std::string::npos) {
    found.error().message = fmt::format("{}: {}", path, found.error().message);
  }
  found_.insert_or_assign(path, std::move(found));
}

void ModulePreparation::addTo(std::vector<pollfd>& fds) const {
  for (const Job& job : running_) fds.push_back({job.child.fd(), POLLIN, 0});
}

std::optional<ModulePreparation::Clock::time_point> ModulePreparation::deadline() const {
  if (canStart()) return Clock::time_point();  // At once. Not min(), which overflows in a sum.
  Earliest<Clock::time_point> earliest;
  for (const Job& job : running_) earliest.consider(endOf(job));
  return earliest.value();
}

std::vector<Running> ModulePreparation::running(Clock::time_point now) const {
  std::vector<Running> running;
  running.reserve(running_.size());
  for (const Job& job : running_) {
    running.push_back({job.wanted.path, phaseOf(job.child.said()), now - job.started});
  }
  return running;
}

const Result<Inspection>& ModulePreparation::of(const std::string& path) const {
  assert(done());
  return found_.at(canonical_.at(path));
}

}  // namespace wagi::artifact
