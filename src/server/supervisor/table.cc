#include "server/supervisor/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/printable.h"
#include "routing/pattern.h"

namespace wagi::supervisor {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kCellBytesMax = 4 << 10;  // A route and a path are shorter.
constexpr auto kNoLimit = "no limit";

std::string countText(std::uint64_t count) { return count == 0 ? kNoLimit : fmt::to_string(count); }

Row rowOf(const worker::Route& route, Detail detail) {
  if (detail == Detail::kShort) {
    const bool usual = route.entrypoint == "_start";
    return {route.pattern,
            usual ? route.module : fmt::format("{} ({})", route.module, route.entrypoint)};
  }
  return {route.pattern,
          route.module,
          route.entrypoint,
          sizeText(route.limits.memory_bytes_max),
          timeText(route.limits.cpu_ms_max),
          timeText(route.limits.wall_ms_max),
          sizeText(route.limits.body_bytes_max),
          countText(route.limits.concurrency_max)};
}

std::string aligned(const std::vector<Row>& rows, std::string_view indent) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line(indent);
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool last = i + 1 == row.size();
      line += last ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    text += line + '\n';
  }
  return text;
}

}  // namespace

std::string tableOf(const worker::Plan& plan, Detail detail) {
  std::vector<Row> rows;
  const std::string health(routing::kHealthPath);
  if (detail == Detail::kFull) {
    rows.push_back({"ROUTE", "MODULE", "ENTRY POINT", "MEMORY", "CPU", "WALL", "BODY", "AT ONCE"});
  }
  rows.push_back({health, "(built in)"});
  for (const worker::Route& route : plan.routes) {
    Row row = rowOf(route, detail);
    for (std::string& cell : row) cell = printable(cell, kCellBytesMax);
    rows.push_back(std::move(row));
  }
  return aligned(rows, detail == Detail::kFull ? "" : "  ");
}

std::string sizeText(std::uint64_t bytes) {
  if (bytes == 0) return kNoLimit;
  struct Unit {
    std::uint64_t bytes;
    std::string_view name;
  };
  constexpr auto kUnits = std::to_array<Unit>(
      {{1ULL << 30, "GiB"}, {1ULL << 20, "MiB"}, {1ULL << 10, "KiB"}, {1, "B"}});
  const auto unit = std::ranges::find_if(
      kUnits, [bytes](const Unit& candidate) { return bytes % candidate.bytes == 0; });
  return fmt::format("{} {}", bytes / unit->bytes, unit->name);
}

std::string timeText(std::uint64_t milliseconds) {
  if (milliseconds == 0) return kNoLimit;
  if (milliseconds % 1'000 == 0) return fmt::format("{} s", milliseconds / 1'000);
  return fmt::format("{} ms", milliseconds);
}

}  // namespace wagi::supervisor
