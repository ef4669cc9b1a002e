// For tests only: what modules and fetched applications are said to be, without any process.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/supervisor/plan_builder.h"

namespace wagi::supervisor {

class FakeInspections final : public artifact::Inspections {
 public:
  using Found = std::map<std::string, Result<artifact::Inspection>>;

  FakeInspections(Found found, const bool& ended) : found_(std::move(found)), ended_(ended) {}
  bool step(Clock::time_point) override { return ended_; }
  void addTo(std::vector<pollfd>&) const override {}
  [[nodiscard]] std::optional<Clock::time_point> deadline() const override { return {}; }
  [[nodiscard]] std::vector<artifact::Running> running(Clock::time_point) const override {
    return {{"a.wasm", artifact::Phase::kCompiling, {}}};
  }
  [[nodiscard]] const Result<artifact::Inspection>& of(const std::string& path) const override {
    return found_.at(path);
  }

 private:
  const Found found_;
  const bool& ended_;
};

class FakeFetching final : public source::Fetching {
 public:
  FakeFetching(Result<source::Fetched> fetched, const bool& ended)
      : fetched_(std::move(fetched)), ended_(ended) {}
  bool step(Clock::time_point) override { return ended_; }
  void addTo(std::vector<pollfd>&) const override {}
  [[nodiscard]] std::optional<Clock::time_point> deadline() const override { return {}; }
  [[nodiscard]] std::vector<artifact::Running> running(Clock::time_point) const override {
    return {{"the bindle a/1.0.0", artifact::Phase::kFetching, {}}};
  }
  [[nodiscard]] Result<source::Fetched> take() override { return std::move(fetched_); }

 private:
  Result<source::Fetched> fetched_;
  const bool& ended_;
};

// Gives a Supply whose steps end when they are told to. Outlives what is made by it.
class FakeSupply {
 public:
  Result<source::Fetched> fetched = source::Fetched{};
  bool fetching_ended = true;
  bool inspecting_ended = true;
  std::vector<std::string> asked;  // Names of what was to be fetched and inspected, in order.

  // A module that `code`, a file that exists, is the code of.
  artifact::Inspection& add(const std::string& path, const std::string& code) {
    artifact::Inspection inspection{
        .code = code, .commands = {"_start"}, .others = {}, .routes = {}, .starts = {}};
    inspection.starts[config::Limits{}.memory_bytes_max] = "";
    return *found_.insert_or_assign(path, std::move(inspection)).first->second;
  }
  void addFailure(const std::string& path, const std::string& why) {
    found_.insert_or_assign(path, fail(why));
  }

  [[nodiscard]] FakeInspections inspections() const { return {found_, inspecting_ended}; }
  [[nodiscard]] Supply supply() {
    return {
        .fetch = [this](const source::FetchRequest& request,
                        Supply::Clock::time_point) -> Result<std::unique_ptr<source::Fetching>> {
          asked.push_back("fetch " + (request.bindle ? request.bindle->id : request.project));
          return std::make_unique<FakeFetching>(fetched, fetching_ended);
        },
        .inspect = [this](const std::vector<artifact::InspectionRequest>& wanted, const auto&,
                          const auto&) -> std::unique_ptr<artifact::Inspections> {
          for (const auto& module : wanted) asked.push_back("inspect " + module.path);
          return std::make_unique<FakeInspections>(found_, inspecting_ended);
        }};
  }

 private:
  FakeInspections::Found found_;
};

}  // namespace wagi::supervisor
