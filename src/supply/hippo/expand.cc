#include "supply/hippo/expand.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "supply/bindle/feature.h"
#include "supply/bindle/handlers.h"
#include "supply/hippo/media_type.h"

namespace wagi::hippo {
namespace {

using bindle::Parcel;

constexpr const char* kHandlerId = "wagi_handler_id";
constexpr const char* kDoNotStage = "hippos_do_not_stage";
constexpr const char* kEntrypoint = "entrypoint";

void addOnce(std::vector<std::string>& names, const std::string& name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

// The state of one call of expand(). Each step notes its mistake and goes on, so that all are
// found.
class Expanding {
 public:
  Expanding(const Hippofacts& facts, const glob::Folder& folder, Externals& externals,
            const Keep& keep)
      : facts_(facts), folder_(folder), externals_(externals), keep_(keep) {}

  std::expected<Expansion, Diagnostics> run(const std::string& version) {
    bindle::Invoice& invoice = expansion_.invoice;
    invoice.id = {facts_.id.name, version};
    invoice.description = facts_.description;
    invoice.authors = facts_.authors;
    invoice.annotations = facts_.annotations;
    std::set<std::string> groups;
    for (const Entry& entry : facts_.entries) {
      if (groups.insert(entry.group()).second) {
        invoice.groups.push_back({entry.group(), std::nullopt, std::nullopt});
      }
      addModule(entry);
    }
    for (const Entry& entry : facts_.entries) addFiles(entry);
    checkNames();
    if (mistakes_.empty()) {
      for (auto* parcels : {&modules_, &required_, &files_}) {
        std::ranges::move(*parcels, std::back_inserter(invoice.parcels));
      }
      if (const auto good = bindle::validate(invoice); !good) mistake({}, good.error().message);
    }
    if (!mistakes_.empty()) return std::unexpected(std::move(mistakes_));
    std::ranges::sort(expansion_.watched);
    const auto [first, last] = std::ranges::unique(expansion_.watched);
    expansion_.watched.erase(first, last);
    return std::move(expansion_);
  }

 private:
  void mistake(const config::Place& place, std::string message) {
    mistakes_.push_back({place, std::move(message)});
  }

  // Reads the file `name`, keeps it, and makes its parcel.
  Result<Parcel> parcelOf(const std::string& name, Part part) {
    const auto bytes = folder_.read(name, kFileBytesMax);
    if (!bytes) return std::unexpected(bytes.error());
    auto digest = keep_(part, *bytes);
    if (!digest) return std::unexpected(digest.error());
    Parcel parcel;
    parcel.label.sha256 = *std::move(digest);
    parcel.label.name = name;
    parcel.label.size = bytes->size();
    parcel.label.media_type = part == Part::kModule ? bindle::kWasmMediaType : mediaTypeOf(name);
    parcel.label.feature[bindle::kWagiSection]["file"] = part == Part::kModule ? "false" : "true";
    expansion_.watched.push_back(name);
    return parcel;
  }

  void addModule(const Entry& entry) {
    auto parcel = entry.kind == Entry::Kind::kExternal ? externalModule(entry)
                                                       : parcelOf(entry.name, Part::kModule);
    if (!parcel) return mistake(entry.place, std::move(parcel.error().message));
    bindle::Texts& feature = parcel->label.feature[bindle::kWagiSection];
    if (!entry.route.empty()) feature["route"] = entry.route;
    if (entry.entrypoint) feature[kEntrypoint] = *entry.entrypoint;
    if (entry.kind == Entry::Kind::kExport) parcel->label.annotations[kHandlerId] = entry.id;
    parcel->required_groups = {entry.group()};
    modules_.push_back(*std::move(parcel));
  }

  // The module that another bindle exports, with the parcels that it requires there.
  Result<Parcel> externalModule(const Entry& entry) {
    const bindle::Invoice* other = invoiceOf(entry.bindle);
    if (other == nullptr) return fail(fmt::format("the external bindle: {}", external_error_));
    const auto exported = std::ranges::find_if(other->parcels, [&](const Parcel& parcel) {
      const auto id = parcel.label.annotations.find(kHandlerId);
      return id != parcel.label.annotations.end() && id->second == entry.id;
    });
    if (exported == other->parcels.end()) {
      return fail(
          fmt::format("the bindle {} exports no handler `{}`", entry.bindle.text(), entry.id));
    }
    if (exported->label.media_type != bindle::kWasmMediaType) {
      return fail(fmt::format("what the bindle {} exports as `{}` is no {}", entry.bindle.text(),
                              entry.id, bindle::kWasmMediaType));
    }
    for (const Parcel* required : bindle::requiredBy(*exported, *other)) {
      addRequired(elsewhere(*required, entry.bindle), entry.group());
    }
    Parcel module = elsewhere(*exported, entry.bindle);
    bindle::Texts feature{{"file", "false"}};
    if (const auto* entrypoint = exported->label.findFeature(bindle::kWagiSection, kEntrypoint)) {
      feature[kEntrypoint] = *entrypoint;
    }
    module.label.feature = {{bindle::kWagiSection, std::move(feature)}};
    return module;
  }

  Parcel elsewhere(const Parcel& parcel, const bindle::Id& id) {
    expansion_.elsewhere.emplace(parcel.label.sha256, id);
    Parcel copy;
    copy.label = parcel.label;
    copy.label.annotations = {{kDoNotStage, "true"}};
    return copy;
  }

  // The invoice of another bindle; null where it can't be had, and external_error_ says why.
  const bindle::Invoice* invoiceOf(const bindle::Id& id) {
    const auto found = invoices_.find(id.text());
    if (found != invoices_.end()) return &found->second;
    auto invoice = externals_.invoice(id);
    if (!invoice) {
      external_error_ = std::move(invoice.error().message);
      return nullptr;
    }
    return &invoices_.emplace(id.text(), *std::move(invoice)).first->second;
  }

  // Adds a parcel to a group. One of the same name and bytes that is there already gets the group.
  void addRequired(Parcel parcel, const std::string& group) {
    const auto [at, is_new] = required_indexes_.emplace(
        std::pair(parcel.label.name, parcel.label.sha256), required_.size());
    if (is_new) required_.push_back(std::move(parcel));
    addOnce(required_[at->second].member_of, group);
  }

  void addFiles(const Entry& entry) {
    for (const Files& files : entry.files) {
      auto found = folder_.find(files.glob, limits_);
      if (!found) {
        mistake(files.place, fmt::format("`files`: {}", found.error().message));
        continue;
      }
      std::ranges::move(found->folders, std::back_inserter(expansion_.watched));
      if (found->files.empty()) {
        expansion_.warnings.push_back(
            {files.place, fmt::format("`files`: `{}` matches nothing", files.glob.text())});
      }
      for (const std::string& name : found->files) {
        if (!addFile(name, entry.group(), files.place)) return;
      }
    }
  }

  // Adds a file to a group; false where there are too many.
  bool addFile(const std::string& name, const std::string& group, const config::Place& place) {
    const auto [at, is_new] = file_indexes_.emplace(name, files_.size());
    if (is_new && files_.size() == kFilesMax) {
      mistake(place, fmt::format("`files`: more than {} files are matched", kFilesMax));
      return false;
    }
    if (is_new) {
      auto parcel = parcelOf(name, Part::kFile);
      if (!parcel) {
        mistake(place, fmt::format("`files`: {}", parcel.error().message));
        return false;
      }
      files_.push_back(*std::move(parcel));
    }
    addOnce(files_[at->second].member_of, group);
    return true;
  }

  void checkNames() {
    for (const Parcel& parcel : required_) {
      if (!file_indexes_.contains(parcel.label.name)) continue;
      mistake({}, fmt::format("{} is both a file of the folder and a file that an external handler "
                              "requires",
                              parcel.label.name));
    }
  }

  const Hippofacts& facts_;
  const glob::Folder& folder_;
  Externals& externals_;
  const Keep& keep_;
  glob::Limits limits_{.files_max = kFilesMax};
  Expansion expansion_;
  Diagnostics mistakes_;
  std::vector<Parcel> modules_, required_, files_;
  std::map<std::string, std::size_t> file_indexes_;  // Name to index in files_.
  std::map<std::pair<std::string, store::Digest>, std::size_t> required_indexes_;
  std::map<std::string, bindle::Invoice> invoices_;
  std::string external_error_;
};

}  // namespace

std::expected<Expansion, Diagnostics> expand(const Hippofacts& facts, const glob::Folder& folder,
                                             const std::string& version, Externals& externals,
                                             const Keep& keep) {
  return Expanding(facts, folder, externals, keep).run(version);
}

}  // namespace wagi::hippo
