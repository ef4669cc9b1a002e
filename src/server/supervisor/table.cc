#include "server/supervisor/table.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>
#include <vector>

#include "base/printable.h"
#include "routing/pattern.h"

namespace wagi::supervisor {
namespace {

using Row = std::vector<std::string>;

constexpr std::size_t kCellBytesMax = 4 << 10;  // A route and a path are shorter.
constexpr auto kNoLimit = "no limit";

std::string countText(std::uint64_t count) { return count == 0 ? kNoLimit : fmt::to_string(count); }

std::string instancesText(const worker::Route& route) {
  const std::string_view name = engine::nameOf(route.instances);
  return route.why_not_kept.empty() ? std::string(name)
                                    : fmt::format("{}: {}", name, route.why_not_kept);
}

Row rowOf(const worker::Plan& plan, const worker::Target& target, Detail detail) {
  const auto* const guest = std::get_if<worker::GuestTarget>(&target);
  if (guest == nullptr) return {std::string(routing::kHealthPath), "(built in)"};
  const worker::Route& route = plan.routes[guest->route];
  if (detail == Detail::kShort) {
    const bool usual = route.entrypoint == "_start";
    Row row{route.pattern,
            usual ? route.module : fmt::format("{} ({})", route.module, route.entrypoint)};
    if (route.instances != engine::Instances::kKept) {
      row.push_back("instances: " + instancesText(route));
    }
    return row;
  }
  return {route.pattern,
          route.module,
          route.entrypoint,
          sizeText(route.limits.memory_bytes_max),
          timeText(route.limits.cpu_ms_max),
          timeText(route.limits.wall_ms_max),
          sizeText(route.limits.body_bytes_max),
          countText(route.limits.concurrency_max),
          instancesText(route)};
}

// The heading of a site's routes.
std::string hostsOf(const worker::Plan& plan, const worker::Site& site) {
  if (!site.hosts.empty()) {
    return printable(fmt::to_string(fmt::join(site.hosts, ", ")), kCellBytesMax);
  }
  return worker::servesOtherHosts(plan)
             ? "any other host"
             : fmt::format("any other host: {}", plan.unknown_host_status);
}

std::string clientsOf(const http::TlsSettings& tls) {
  switch (tls.verify_client) {
    case http::TlsSettings::VerifyClient::kNo:
      return "nothing";
    case http::TlsSettings::VerifyClient::kOptional:
      return fmt::format("a certificate of {}, or none", printable(tls.client_ca, kCellBytesMax));
    case http::TlsSettings::VerifyClient::kRequired:
      return fmt::format("a certificate of {}", printable(tls.client_ca, kCellBytesMax));
  }
  std::unreachable();
}

std::string aligned(const std::vector<Row>& rows, std::string_view indent) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    if (row.size() == 1) continue;  // A heading reaches over all columns.
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
  if (detail == Detail::kFull) {
    rows.push_back({"ROUTE", "MODULE", "ENTRY POINT", "MEMORY", "CPU", "WALL", "BODY", "AT ONCE",
                    "INSTANCES"});
  }
  const bool has_hosts = !worker::servesAnyHost(plan);
  const std::size_t rows_max = detail == Detail::kShort ? kShortRowsMax : SIZE_MAX;
  std::size_t left_out = 0;
  for (const worker::Site& site : plan.sites) {
    if (has_hosts && rows.size() < rows_max) rows.push_back({hostsOf(plan, site)});
    for (const worker::Target& target : site.targets) {
      if (rows.size() >= rows_max) {
        ++left_out;
        continue;
      }
      Row row = rowOf(plan, target, detail);
      for (std::string& cell : row) cell = printable(cell, kCellBytesMax);
      if (has_hosts) row.front().insert(0, "  ");
      rows.push_back(std::move(row));
    }
  }
  std::string text = aligned(rows, detail == Detail::kFull ? "" : "  ");
  if (left_out > 0) text += fmt::format("  ... and {} more: `wagi routes` prints all\n", left_out);
  return text;
}

std::string listenersTable(const worker::Plan& plan,
                           const std::vector<DescribedCertificate>& certificates,
                           std::chrono::system_clock::time_point now) {
  if (plan.listeners.size() <= 1 && certificates.empty()) return "";
  std::vector<Row> rows{{"LISTENER", "TLS", "CERTIFICATE", "CLIENTS SHOW"}};
  for (const worker::Listener& listener : plan.listeners) {
    const std::string address = printable(listener.endpoint.text(), kCellBytesMax);
    if (!listener.tls) {
      rows.push_back({address, "no"});
      continue;
    }
    rows.push_back({address, listener.tls->tls_1_3_only ? "1.3" : "1.2, 1.3",
                    printable(plan.certificates[listener.certificate].cert, kCellBytesMax),
                    clientsOf(*listener.tls)});
  }
  std::string text = aligned(rows, "");
  if (certificates.empty()) return text;
  rows = {{"CERTIFICATE", "EXPIRES", "FOR"}};
  for (const DescribedCertificate& certificate : certificates) {
    const auto days = std::chrono::floor<std::chrono::days>(certificate.expires - now).count();
    rows.push_back({printable(certificate.paths.cert, kCellBytesMax),
                    fmt::format("{:%F} ({})", certificate.expires,
                                days < 0 ? "it has expired" : fmt::format("in {} days", days)),
                    printable(fmt::to_string(fmt::join(certificate.names, ", ")), kCellBytesMax)});
  }
  return text + "\n" + aligned(rows, "");
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
