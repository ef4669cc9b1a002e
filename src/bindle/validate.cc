#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <unordered_map>

#include "bindle/feature.h"
#include "bindle/invoice.h"
#include "bindle/version.h"
#include "store/store.h"

namespace wagi::bindle {
namespace {

using GroupIndex = std::unordered_map<std::string_view, std::size_t>;

Result<void> checkLabel(const Label& label) {
  const auto wrong = [&](std::string_view why) {
    return fail(fmt::format("the parcel \"{}\" {}", label.name, why));
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
  if (auto good = checkAssetPath(label.name); !good) return wrong(good.error().message);
  return {};
}

// The group of that name, by which an edge of the graph is made.
Result<std::size_t> find(const GroupIndex& groups, const std::string& name, const Parcel& parcel,
                         std::string_view key) {
  const auto found = groups.find(name);
  if (found != groups.end()) return found->second;
  return fail(fmt::format("the parcel \"{}\" names the group \"{}\" in `{}`, and there is none",
                          parcel.label.name, name, key));
}

// Groups and parcels as one graph, so that it has no more edges than the invoice has names: a group
// leads to its members, a parcel to the groups that it requires.
struct Graph {
  std::vector<std::vector<std::size_t>> next;  // Groups first, then parcels.
};

Result<Graph> graphOf(const Invoice& invoice, const GroupIndex& groups) {
  Graph graph;
  graph.next.resize(invoice.groups.size() + invoice.parcels.size());
  for (std::size_t i = 0; i < invoice.parcels.size(); ++i) {
    const Parcel& parcel = invoice.parcels[i];
    const std::size_t node = invoice.groups.size() + i;
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

// What remains when nodes without predecessors are taken away, one after another: cycles, and what
// they lead to.
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

Result<void> checkCycles(const Invoice& invoice, const Graph& graph) {
  const std::vector<bool> remains = remainder(graph);
  const auto first = std::ranges::find(remains, true);
  if (first == remains.end()) return {};
  // Every node that remains has a predecessor that does: going backwards, one comes twice.
  std::vector<std::size_t> before(graph.next.size());
  for (std::size_t node = 0; node < graph.next.size(); ++node) {
    if (!remains[node]) continue;
    for (const std::size_t next : graph.next[node]) before[next] = node;
  }
  std::size_t node = static_cast<std::size_t>(first - remains.begin());
  for (std::size_t steps = graph.next.size(); steps > 0; --steps) node = before[node];
  while (node >= invoice.groups.size()) node = before[node];
  const std::size_t parcel = before[node] - invoice.groups.size();
  return fail(
      fmt::format("the group \"{}\" is required, perhaps through other groups, by the "
                  "parcel \"{}\" that it leads to itself: groups must not form a cycle",
                  invoice.groups[node].name, invoice.parcels[parcel].label.name));
}

Result<void> checkGroups(const Invoice& invoice) {
  GroupIndex index;
  for (std::size_t i = 0; i < invoice.groups.size(); ++i) {
    if (!index.try_emplace(invoice.groups[i].name, i).second) {
      return fail(fmt::format("there are two groups \"{}\"", invoice.groups[i].name));
    }
  }
  const auto graph = graphOf(invoice, index);
  if (!graph) return std::unexpected(graph.error());
  return checkCycles(invoice, *graph);
}

}  // namespace

Result<void> checkAssetPath(std::string_view path) {
  if (path.starts_with('/')) return fail("is a file with an absolute name: it must be relative");
  if (path.empty() || path.contains('\0')) return fail("is a file without a proper name");
  for (const auto part : std::views::split(path, '/')) {
    const std::string_view text(part);
    if (text == "..") return fail("is a file that would leave the guest's root: `..`");
    if (text.empty() || text == ".") {
      return fail("is a file whose name has an empty part, or `.`");
    }
  }
  return {};
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
