#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <unordered_map>
#include <unordered_set>

#include "base/printable.h"
#include "supply/bindle/feature.h"
#include "supply/bindle/invoice.h"
#include "supply/bindle/version.h"
#include "supply/store/store.h"

namespace wagi::bindle {
namespace {

// The groups of an invoice, each with its index among the nodes of the graph.
struct GroupNodes {
  std::vector<std::string_view> names;
  std::unordered_map<std::string_view, std::size_t> index;

  void add(std::string_view name) {
    if (index.try_emplace(name, names.size()).second) names.push_back(name);
  }
};

Result<void> checkLabel(const Label& label) {
  const auto wrong = [&](std::string_view why) {
    return fail(fmt::format("the parcel \"{}\" {}", printable(label.name), why));
  };
  if (store::parseDigest(label.sha256) != label.sha256) {
    return wrong(
        fmt::format("has the digest \"{}\": expected 64 lower-case hex digits", label.sha256));
  }
  if (label.size > kParcelBytesMax) {
    return wrong(
        fmt::format("has {} bytes, and at most {} are taken", label.size, kParcelBytesMax));
  }
  if (!isAsset(label)) return {};
  if (auto good = assetPath(label.name); !good) return wrong(good.error().message);
  return {};
}

bool meanTheSame(const Group& a, const Group& b) {
  return a.required.value_or(false) == b.required.value_or(false) &&
         a.satisfied_by.value_or(SatisfiedBy::kAllOf) ==
             b.satisfied_by.value_or(SatisfiedBy::kAllOf);
}

// Collects the groups. Hippo's tools list a group once for each handler that requires it, so equal
// ones are accepted; two that differ aren't, since nobody can tell which is meant.
Result<GroupNodes> groupsOf(const Invoice& invoice) {
  GroupNodes groups;
  std::unordered_map<std::string_view, const Group*> listed;
  for (const Group& group : invoice.groups) {
    groups.add(group.name);
    const auto [first, is_new] = listed.try_emplace(group.name, &group);
    if (!is_new && !meanTheSame(*first->second, group)) {
      return fail(
          fmt::format("there are two groups \"{}\" that differ in `required` or "
                      "`satisfiedBy`",
                      group.name));
    }
  }
  // A group needn't be listed, since neither Wagi nor Bindle looks it up there: it is enough that
  // it has a member and is required. A name on one side only is a typing mistake.
  std::unordered_set<std::string_view> required;
  for (const Parcel& parcel : invoice.parcels) {
    required.insert(parcel.required_groups.begin(), parcel.required_groups.end());
  }
  for (const Parcel& parcel : invoice.parcels) {
    for (const std::string& name : parcel.member_of) {
      if (required.contains(name)) groups.add(name);
    }
  }
  return groups;
}

// The node of the group `name`. The error says that `parcel` names an unknown group.
Result<std::size_t> find(const GroupNodes& groups, const std::string& name, const Parcel& parcel,
                         std::string_view key) {
  const auto found = groups.index.find(name);
  if (found != groups.index.end()) return found->second;
  return fail(
      fmt::format("the parcel \"{}\" names the group \"{}\" in `{}`, and there is none: "
                  "add a [[group]] with that name",
                  parcel.label.name, name, key));
}

// Groups and parcels as the nodes of one graph. A group leads to its members, a parcel to the
// groups that it requires, so there are no more edges than the invoice has names.
struct Graph {
  std::vector<std::vector<std::size_t>> next;  // Indexed by node: groups first, then parcels.
};

Result<Graph> graphOf(const Invoice& invoice, const GroupNodes& groups) {
  Graph graph;
  graph.next.resize(groups.names.size() + invoice.parcels.size());
  for (std::size_t i = 0; i < invoice.parcels.size(); ++i) {
    const Parcel& parcel = invoice.parcels[i];
    const std::size_t node = groups.names.size() + i;
    for (const std::string& name : parcel.member_of) {
      const auto group = find(groups, name, parcel, "memberOf");
      if (!group) return std::unexpected(group.error());
      graph.next[*group].push_back(node);
    }
    for (const std::string& name : parcel.required_groups) {
      const auto group = find(groups, name, parcel, "requires");
      if (!group) return std::unexpected(group.error());
      graph.next[node].push_back(*group);
    }
  }
  return graph;
}

// The nodes that remain when those without predecessors are taken away, one after another: cycles,
// and all that they lead to.
std::vector<bool> remainder(const Graph& graph) {
  std::vector<std::size_t> predecessors(graph.next.size());
  for (const auto& nodes : graph.next) {
    for (const std::size_t node : nodes) ++predecessors[node];
  }
  std::vector<std::size_t> free;
  for (std::size_t node = 0; node < predecessors.size(); ++node) {
    if (predecessors[node] == 0) free.push_back(node);
  }
  std::vector<bool> remains(graph.next.size(), true);
  while (!free.empty()) {
    const std::size_t node = free.back();
    free.pop_back();
    remains[node] = false;
    for (const std::size_t next : graph.next[node]) {
      if (--predecessors[next] == 0) free.push_back(next);
    }
  }
  return remains;
}

Result<void> checkCycles(const Invoice& invoice, const GroupNodes& groups, const Graph& graph) {
  const std::vector<bool> remains = remainder(graph);
  const auto first = std::ranges::find(remains, true);
  if (first == remains.end()) return {};
  // Every node that remains has a predecessor that remains, so a walk backwards meets one twice.
  std::vector<std::size_t> before(graph.next.size());
  for (std::size_t node = 0; node < graph.next.size(); ++node) {
    if (!remains[node]) continue;
    for (const std::size_t next : graph.next[node]) before[next] = node;
  }
  std::size_t node = static_cast<std::size_t>(first - remains.begin());
  for (std::size_t steps = graph.next.size(); steps > 0; --steps) node = before[node];
  while (node >= groups.names.size()) node = before[node];
  const std::size_t parcel = before[node] - groups.names.size();
  return fail(
      fmt::format("the group \"{}\" is required, perhaps through other groups, by the "
                  "parcel \"{}\" that it leads to itself: groups must not form a cycle",
                  printable(groups.names[node]), printable(invoice.parcels[parcel].label.name)));
}

Result<void> checkGroups(const Invoice& invoice) {
  const auto groups = groupsOf(invoice);
  if (!groups) return std::unexpected(groups.error());
  const auto graph = graphOf(invoice, *groups);
  if (!graph) return std::unexpected(graph.error());
  return checkCycles(invoice, *groups, *graph);
}

}  // namespace

Result<std::string> assetPath(std::string_view name) {
  if (name.starts_with('/')) return fail("is a file with an absolute name: it must be relative");
  std::string path;
  for (const auto range : std::views::split(name, '/')) {
    const std::string_view part(range);
    if (part == "..") return fail("is a file that would leave the guest's root: `..`");
    if (part.empty() || part == ".") continue;
    if (!path.empty()) path.push_back('/');
    path.append(part);
  }
  if (path.empty() || path.contains('\0')) return fail("is a file without a proper name");
  return path;
}

bool isAsset(const Label& label) {
  const std::string* file = label.findFeature(kWagiSection, "file");
  return file != nullptr && *file == "true";
}

Result<void> validate(const Invoice& invoice) {
  if (auto good = checkName(invoice.id.name); !good) return good;
  if (auto good = Version::parse(invoice.id.version); !good) return std::unexpected(good.error());
  if (invoice.parcels.size() > kParcelsMax || invoice.groups.size() > kGroupsMax) {
    return fail(fmt::format("{} parcels and {} groups: at most {} and {} are taken",
                            invoice.parcels.size(), invoice.groups.size(), kParcelsMax,
                            kGroupsMax));
  }
  std::uint64_t bytes = 0;
  for (const Parcel& parcel : invoice.parcels) {
    if (auto good = checkLabel(parcel.label); !good) return good;
    bytes += parcel.label.size;
  }
  if (bytes > kBindleBytesMax) {
    return fail(
        fmt::format("its parcels have {} bytes, and at most {} are taken", bytes, kBindleBytesMax));
  }
  return checkGroups(invoice);
}

}  // namespace wagi::bindle
