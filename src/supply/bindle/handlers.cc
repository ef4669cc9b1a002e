#include "supply/bindle/handlers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "base/printable.h"
#include "base/text.h"
#include "guest/gateway/argv.h"
#include "routing/pattern.h"
#include "supply/bindle/feature.h"

namespace wagi::bindle {
namespace {

std::vector<std::string> splitHosts(std::string_view text) {
  std::vector<std::string> hosts;
  for (;;) {
    const std::size_t comma = text.find(',');
    const std::string_view host = trim(text.substr(0, comma));
    if (!host.empty()) hosts.emplace_back(host);
    if (comma == text.npos) return hosts;
    text.remove_prefix(comma + 1);
  }
}

bool isHandler(const Parcel& parcel) {
  const Label& label = parcel.label;
  return parcel.member_of.empty() && label.media_type == kWasmMediaType && !isAsset(label) &&
         label.findFeature(kWagiSection, "route") != nullptr;
}

// The members of each group; of one that is satisfied by one member, only the first.
class Groups {
 public:
  explicit Groups(const Invoice& invoice) {
    std::unordered_map<std::string_view, SatisfiedBy> satisfied_by;
    for (const Group& group : invoice.groups) {
      satisfied_by.emplace(group.name, group.satisfied_by.value_or(SatisfiedBy::kAllOf));
    }
    for (const Parcel& parcel : invoice.parcels) {
      for (const std::string& group : parcel.member_of) {
        auto& members = members_[group];
        if (members.empty() || satisfied_by[group] != SatisfiedBy::kOneOf) {
          members.push_back(&parcel);
        }
      }
    }
  }

  // The parcels that `parcel` requires, each once, in the order in which they are reached.
  [[nodiscard]] std::vector<const Parcel*> requiredBy(const Parcel& parcel) const {
    std::vector<const Parcel*> required;
    std::unordered_set<const Parcel*> seen_parcels;
    std::unordered_set<std::string_view> seen_groups;
    std::vector<const Parcel*> open{&parcel};
    while (!open.empty()) {
      const Parcel* from = open.back();
      open.pop_back();
      for (const std::string& group : from->required_groups) {
        const auto members = members_.find(group);
        if (members == members_.end() || !seen_groups.insert(group).second) continue;
        for (const Parcel* member : members->second) {
          if (!seen_parcels.insert(member).second) continue;
          required.push_back(member);
          open.push_back(member);
        }
      }
    }
    return required;
  }

 private:
  std::unordered_map<std::string_view, std::vector<const Parcel*>> members_;
};

Result<std::vector<std::pair<std::string, store::Digest>>> assetsOf(const Parcel& parcel,
                                                                    const Groups& groups) {
  std::map<std::string, store::Digest> assets;
  for (const Parcel* required : groups.requiredBy(parcel)) {
    const Label& label = required->label;
    if (!isAsset(label)) continue;
    auto path = assetPath(label.name);
    if (!path) {
      return fail(fmt::format("the parcel \"{}\" {}", label.name, path.error().message));
    }
    const auto [at, is_new] = assets.emplace(*std::move(path), label.sha256);
    if (!is_new && at->second != label.sha256) {
      return fail(fmt::format("the module \"{}\" requires two files named \"{}\"",
                              parcel.label.name, at->first));
    }
  }
  return std::vector<std::pair<std::string, store::Digest>>(assets.begin(), assets.end());
}

Result<void> checkFeatures(const Handler& handler) {
  const auto wrong = [&](std::string_view key, const std::string& why) {
    return fail(
        fmt::format("the module \"{}\": feature.wagi.{}: {}", printable(handler.name), key, why));
  };
  if (const auto good = routing::Pattern::parse(handler.route); !good) {
    return wrong("route", good.error().message);
  }
  if (handler.argv) {
    if (const auto good = gateway::checkArgv(*handler.argv); !good) {
      return wrong("argv", good.error().message);
    }
  }
  return {};
}

std::string featureOr(const Label& label, const char* key, std::string_view otherwise) {
  const std::string* value = label.findFeature(kWagiSection, key);
  return value == nullptr || value->empty() ? std::string(otherwise) : *value;
}

}  // namespace

std::vector<const Parcel*> requiredBy(const Parcel& parcel, const Invoice& invoice) {
  return Groups(invoice).requiredBy(parcel);
}

Result<std::vector<Handler>> handlersOf(const Invoice& invoice) {
  const Groups groups(invoice);
  std::vector<Handler> handlers;
  std::size_t asset_count = 0;
  for (const Parcel& parcel : invoice.parcels) {
    if (!isHandler(parcel)) continue;
    auto assets = assetsOf(parcel, groups);
    if (!assets) return std::unexpected(assets.error());
    asset_count += assets->size();
    if (asset_count > kAssetsMax) {
      return fail(fmt::format("the modules of {} require more than {} files together",
                              invoice.id.text(), kAssetsMax));
    }
    const Label& label = parcel.label;
    Handler handler;
    handler.route = *label.findFeature(kWagiSection, "route");
    handler.name = label.name;
    handler.entrypoint = featureOr(label, "entrypoint", handler.entrypoint);
    if (const std::string* argv = label.findFeature(kWagiSection, "argv")) handler.argv = *argv;
    handler.allowed_hosts = splitHosts(featureOr(label, "allowed_hosts", ""));
    handler.module = label.sha256;
    handler.assets = *std::move(assets);
    if (auto good = checkFeatures(handler); !good) return std::unexpected(good.error());
    handlers.push_back(std::move(handler));
  }
  if (handlers.empty()) {
    return fail(
        fmt::format("{} has nothing to serve: no parcel without memberOf has the media type "
                    "application/wasm and a feature.wagi.route",
                    invoice.id.text()));
  }
  return handlers;
}

std::vector<NeededParcel> parcelsOf(const std::vector<Handler>& handlers, const Invoice& invoice) {
  std::unordered_map<std::string_view, const Label*> labels;
  for (const Parcel& parcel : invoice.parcels) labels.emplace(parcel.label.sha256, &parcel.label);
  std::unordered_set<std::string_view> seen;
  std::vector<NeededParcel> needed;
  const auto add = [&](const store::Digest& digest) {
    if (!seen.insert(digest).second) return;
    const Label& label = *labels.at(digest);
    needed.push_back({digest, label.size, label.name});
  };
  for (const Handler& handler : handlers) {
    add(handler.module);
    for (const auto& [path, digest] : handler.assets) add(digest);
  }
  return needed;
}

}  // namespace wagi::bindle
