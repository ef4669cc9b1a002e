#include "server/supervisor/repair.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace wagi::supervisor {
namespace {

bool haveSameKey(const std::string& a, const std::string& b) {
  return std::filesystem::path(a).filename() == std::filesystem::path(b).filename();
}

}  // namespace

bool Repair::step(Clock::time_point now) {
  if (verified_ < damaged_.code().size()) {
    verify();
    if (verified_ < damaged_.code().size()) return false;
    if (suspects_.empty()) return true;
    std::vector<artifact::InspectionRequest> wanted;
    for (const Code* code : suspects_) wanted.push_back({.path = code->module});
    preparation_ = std::make_unique<artifact::ModulePreparation>(wanted, cache_, limits_);
  }
  if (preparation_) {
    if (!preparation_->step(now)) return false;
    const bool started = replace(now);
    preparation_.reset();
    return !started;
  }
  if (!generation_) return true;
  generation_->step(now);
  if (generation_->failed()) {
    spdlog::critical("damaged code was replaced, but the workers that would serve it failed");
    generation_.reset();
    return true;
  }
  return generation_->ready();
}

void Repair::verify() {
  const auto until = clocks_.steady() + kVerifyMax;
  while (verified_ < damaged_.code().size() && clocks_.steady() < until) {
    const Code& code = damaged_.code()[verified_++];
    if (artifact::Cache::isWhole(code.fd.get())) continue;
    spdlog::error("the compiled code of {} has been damaged in {}: {} until it is compiled again",
                  code.module, code.file, damaged_.takeOutOfService(code.path()));
    suspects_.push_back(&code);
  }
}

Result<void> Repair::mend(const Code& code) const {
  const auto& facts = preparation_->of(code.module);
  if (!facts) return std::unexpected(facts.error());
  if (!haveSameKey(facts->code, code.file)) {
    return fail(fmt::format("{} has changed since it was loaded", code.module));
  }
  const UniqueFd fd(::open(facts->code.c_str(), O_RDONLY | O_CLOEXEC));
  // The plan's name for it is the descriptor's number: workers that are forked from now on find the
  // new file there. Those that have the old one mapped keep it.
  if (!fd || ::dup3(fd.get(), code.fd.get(), O_CLOEXEC) < 0) {
    return fail(fmt::format("can't open {}: {}", facts->code, std::strerror(errno)));
  }
  return {};
}

bool Repair::replace(Clock::time_point now) {
  std::set<std::string> mended;
  for (const Code* code : suspects_) {
    if (const auto done = mend(*code)) {
      mended.insert(code->path());
    } else {
      spdlog::critical(
          "{} is out of service until the next reload: its compiled code is damaged, "
          "and can't be replaced: {}",
          code->module, done.error().message);
    }
  }
  if (mended.empty()) return false;
  auto generation = damaged_.startAgain(number_, mended, now);
  if (!generation) {
    spdlog::critical("damaged code was replaced, but no workers can be started that serve it: {}",
                     generation.error().message);
    return false;
  }
  generation_ = *std::move(generation);
  return true;
}

void Repair::addTo(std::vector<pollfd>& fds) const {
  if (preparation_) preparation_->addTo(fds);
  if (generation_) generation_->addTo(fds);
}

std::optional<Repair::Clock::time_point> Repair::deadline() const {
  if (generation_) return generation_->deadline();
  if (preparation_) return preparation_->deadline();
  return Clock::time_point();  // There is more to verify.
}

}  // namespace wagi::supervisor
