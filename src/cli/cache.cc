// `wagi cache`
#include <fmt/chrono.h>
#include <fmt/core.h>

#include <ctime>
#include <filesystem>

#include "base/printable.h"
#include "base/say.h"
#include "cli/progress.h"
#include "cli/registry_flags.h"
#include "cli/store_flag.h"

namespace wagi::cli {
namespace {

constexpr std::int64_t kSecondsADay = std::int64_t{24} * 60 * 60;
constexpr unsigned kDaysMax = 100'000;

constexpr Page kPage{
    .usage = "wagi cache list|prune|verify [OPTIONS]",
    .description =
        "Looks after the store of what was fetched from registries and Bindle servers.\n"
        "  list    what references stood for last, by their last use\n"
        "  prune   forget references that weren't used for --days, and all that no other one "
        "needs\n"
        "  verify  compare everything with its digest; 1 where something was changed",
    .examples = "  wagi cache list\n  wagi cache prune --days 7\n  wagi cache verify --repair"};

int list(const store::Store& store) {
  for (const store::Name& name : store.names()) {
    std::uint64_t bytes = 0;
    for (const store::Digest& blob : name.blobs) {
      std::error_code error;
      const auto path = store.find(blob);
      const auto size = path ? std::filesystem::file_size(*path, error) : 0;
      if (!error) bytes += size;
    }
    say(stdout, "{:%F %R}  {:>10}  sha256:{}  {}\n", fmt::gmtime(std::time_t{name.used_at}),
        sizeText(bytes), name.digest.substr(0, 12), printable(name.reference));
  }
  return kExitOk;
}

Result<int> prune(const store::Store& store, unsigned days) {
  const auto bytes = store.prune(std::time(nullptr) - std::int64_t{days} * kSecondsADay);
  if (!bytes) return std::unexpected(bytes.error());
  say(stdout, "{} freed\n", sizeText(*bytes));
  return kExitOk;
}

Result<int> verify(const store::Store& store, store::Store::Repair repair) {
  const auto damaged = store.verify(repair);
  if (!damaged) return std::unexpected(damaged.error());
  for (const store::Digest& digest : *damaged) {
    say(stdout, "sha256:{} was changed{}\n", digest,
        repair == store::Store::Repair::kYes ? ", and is removed" : "");
  }
  return damaged->empty() ? kExitOk : kExitFailed;
}

}  // namespace

int cache(const Arguments& words) {
  std::string action, directory;
  unsigned days = 30;
  bool repair = false;
  CLI::App app("", "wagi cache");
  setPage(app, kPage);
  app.add_option("ACTION", action, "list, prune or verify")
      ->required()
      ->check(CLI::IsMember({"list", "prune", "verify"}));
  auto* days_option = app.add_option("--days", days, "prune: how long a reference is kept (30)")
                          ->type_name("N")
                          ->check(CLI::Range(0U, kDaysMax));
  app.add_flag("--repair", repair, "verify: remove what was changed, so that it is fetched again");
  addStoreFlag(app, directory);
  if (const auto code = parse(app, words)) return *code;
  if (repair && action != "verify") return usageError(app, "--repair is for `verify`");
  if (*days_option && action != "prune") return usageError(app, "--days is for `prune`");

  const auto store = store::Store::open(directory);
  if (!store) return failed(app, store.error());
  if (action == "list") return list(*store);
  using Repair = store::Store::Repair;
  const auto code =
      action == "prune" ? prune(*store, days) : verify(*store, repair ? Repair::kYes : Repair::kNo);
  return code ? *code : failed(app, code.error());
}

}  // namespace wagi::cli
