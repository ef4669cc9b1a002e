#include "supply/hippo/serve.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/sha256.h"
#include "config/toml_reader.h"
#include "supply/bindle/handlers.h"
#include "supply/hippo/expand.h"

namespace wagi::hippo {
namespace {

std::unexpected<Diagnostics> mistaken(const std::string& file, std::string message) {
  return std::unexpected(Diagnostics{{.place = {.file = file}, .message = std::move(message)}});
}

// The path of a file in the folder, written so that no part of it is taken for a URL's scheme.
std::string inFolder(const std::string& folder, const std::string& name) {
  std::string path = folder.empty() ? name : fmt::format("{}/{}", folder, name);
  return path.starts_with('/') || path.starts_with("./") ? path : "./" + path;
}

// The state of one call of modulesOf(). A step that fails returns its diagnostics.
class Serving {
 public:
  Serving(std::string file, const store::Store& store, Externals& externals,
          const std::optional<bindle::Trust>& trust, std::int64_t now)
      : file_(std::move(file)),
        folder_(std::filesystem::path(file_).parent_path().string()),
        store_(store),
        externals_(externals, store, trust, now),
        now_(now) {}

  std::expected<config::Application, Diagnostics> run() {
    const auto folder = glob::Folder::open(folder_.empty() ? "." : folder_);
    if (!folder) return mistaken("", folder.error().message);
    const auto text = readFile(file_, config::kFileBytesMax);
    if (!text) return mistaken("", text.error().message);
    const auto facts = parse(*text, file_);
    if (!facts) return std::unexpected(facts.error());
    auto expansion = expand(*facts, *folder, facts->id.version, externals_, keep());
    if (!expansion) return std::unexpected(placed(std::move(expansion.error())));
    application_.warnings = std::move(expansion->warnings);
    for (const std::string& warning : externals_.warnings()) {
      application_.warnings.push_back({.place = {.file = file_}, .message = warning});
    }
    watch(expansion->watched);
    if (auto added = addModules(*facts, *expansion); !added) {
      return mistaken(file_, added.error().message);
    }
    if (auto remembered = remember(); !remembered) {
      return mistaken(file_, remembered.error().message);
    }
    return std::move(application_);
  }

 private:
  // Puts files into the store, but not modules, which are served from where they are.
  Keep keep() const {
    return [this](Part part, std::string_view bytes) -> Result<store::Digest> {
      return part == Part::kModule ? sha256Hex(bytes) : store_.put(bytes);
    };
  }

  Diagnostics placed(Diagnostics diagnostics) const {
    for (config::Diagnostic& diagnostic : diagnostics) {
      if (diagnostic.place.file.empty()) diagnostic.place.file = file_;
    }
    return diagnostics;
  }

  void watch(const std::vector<std::string>& names) {
    application_.files.push_back(file_);
    for (const std::string& name : names) {
      const std::string path = inFolder(folder_, name);
      std::error_code unknown;
      const bool is_folder = std::filesystem::is_directory(path, unknown);
      application_.files.push_back(is_folder && name != "." ? path + "/." : path);
    }
  }

  Result<void> addModules(const Hippofacts& facts, const Expansion& expansion) {
    const auto handlers = bindle::handlersOf(expansion.invoice);
    if (!handlers) return std::unexpected(handlers.error());
    const auto needed = bindle::parcelsOf(*handlers, expansion.invoice);
    if (auto taken = takeElsewhere(expansion, needed); !taken) return taken;
    // Handlers are in the invoice in the order of the file, exports behind them.
    for (std::size_t i = 0; i < handlers->size(); ++i) {
      if (auto added = addModule(facts.entries[i], (*handlers)[i]); !added) return added;
    }
    return {};
  }

  // Puts the parcels of other bindles into the store.
  Result<void> takeElsewhere(const Expansion& expansion,
                             const std::vector<bindle::NeededParcel>& needed) {
    for (const bindle::NeededParcel& parcel : needed) {
      const auto from = expansion.elsewhere.find(parcel.digest);
      if (from == expansion.elsewhere.end() || store_.find(parcel.digest)) continue;
      if (auto taken = externals_.take(from->second, {parcel}, store_); !taken) return taken;
    }
    return {};
  }

  Result<void> addModule(const Entry& entry, const bindle::Handler& handler) {
    config::Module module;
    module.route = handler.route;
    module.entrypoint = handler.entrypoint;
    module.place = module.module_place = entry.place;
    if (entry.kind == Entry::Kind::kHandler) {
      module.module = inFolder(folder_, entry.name);
    } else {
      module.module = store_.find(handler.module).value_or("");
      name_.blobs.push_back(handler.module);
    }
    if (!handler.assets.empty()) {
      auto tree = store_.tree(handler.assets);
      if (!tree) return std::unexpected(std::move(tree.error()));
      for (const auto& [path, digest] : handler.assets) name_.blobs.push_back(digest);
      name_.trees.push_back(*tree);
      module.volumes.push_back(
          {.guest = "/", .host = *std::move(tree), .read_only = true, .place = entry.place});
    }
    application_.modules.push_back(std::move(module));
    return {};
  }

  // Names the project in the store, or prune() would remove its files as unneeded.
  Result<void> remember() {
    if (name_.blobs.empty()) return {};
    name_.reference = "hippofacts:" + std::filesystem::absolute(file_).string();
    name_.digest = name_.blobs.front();
    name_.used_at = now_;
    return store_.remember(name_);
  }

  const std::string file_;
  const std::string folder_;  // The folder of file_; "" is the working directory.
  const store::Store& store_;
  StoredExternals externals_;
  const std::int64_t now_;
  config::Application application_;
  store::Name name_;
};

}  // namespace

std::expected<config::Application, Diagnostics> applicationOf(
    const std::string& path, const store::Store& store, Externals& externals,
    const std::optional<bindle::Trust>& trust, std::int64_t now) {
  auto file = findHippofacts(path);
  if (!file) return mistaken("", file.error().message);
  return Serving(*std::move(file), store, externals, trust, now).run();
}

}  // namespace wagi::hippo
