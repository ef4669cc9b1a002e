#include "server/supervisor/fetching.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "server/supervisor/progress.h"
#include "supply/artifact/reference.h"

namespace wagi::supervisor {
namespace {

using Json = nlohmann::json;

std::string describe(const Errand& errand) {
  if (errand.bindle) return "the bindle " + errand.bindle->id;
  if (!errand.project.empty()) return "the files of " + errand.project;
  const std::size_t others = errand.references.size() - 1;
  return errand.references.front() + (others > 0 ? fmt::format(" and {} more", others) : "");
}

}  // namespace

std::string Fetched::serialize() const {
  return Json{{"paths", paths},     {"errors", errors},
              {"modules", modules}, {"modules_name", modules_name},
              {"files", files},     {"warnings", warnings}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Fetched> Fetched::deserialize(std::string_view bytes) {
  const auto json = Json::parse(bytes, nullptr, false);
  try {
    Fetched fetched;
    json.at("paths").get_to(fetched.paths);
    json.at("errors").get_to(fetched.errors);
    json.at("modules").get_to(fetched.modules);
    json.at("modules_name").get_to(fetched.modules_name);
    json.at("files").get_to(fetched.files);
    json.at("warnings").get_to(fetched.warnings);
    return fetched;
  } catch (const Json::exception& error) {
    return fail(fmt::format("the process that fetches answered nonsense: {}", error.what()));
  }
}

Result<Fetching> Fetching::start(const Errand& errand, Clock::time_point now) {
  auto child = artifact::ChildJob::start([&errand](const auto&) -> Result<std::string> {
    const auto fetched = fetch(errand);
    if (!fetched) return std::unexpected(fetched.error());
    return fetched->serialize();
  });
  if (!child) return std::unexpected(std::move(child.error()));
  return Fetching(*std::move(child), describe(errand), now);
}

Result<Fetched> Fetching::take() {
  auto answer = child_.take();
  if (!answer) return fail(fmt::format("{}: {}", what_, answer.error().message));
  return Fetched::deserialize(*answer);
}

Result<Fetched> fetchAndWait(const Errand& errand) {
  auto fetching = Fetching::start(errand, Fetching::Clock::now());
  if (!fetching) return std::unexpected(std::move(fetching.error()));
  Progress progress(Progress::whereFor());
  while (!fetching->step()) {
    progress.update({fetching->running(Fetching::Clock::now())});
    std::vector<pollfd> fds;
    fetching->addTo(fds);
    ::poll(fds.data(), fds.size(), static_cast<int>(Progress::kRefresh.count()));
  }
  progress.update({});
  return fetching->take();
}

}  // namespace wagi::supervisor
