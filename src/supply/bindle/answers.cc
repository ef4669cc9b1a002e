#include "supply/bindle/answers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/printable.h"
#include "supply/bindle/document.h"

namespace wagi::bindle {
namespace {

using config::Mistakes;
using config::TableReader;

constexpr std::size_t kErrorBytesMax = 500;
constexpr std::size_t kMatchesMax = 255;  // The largest limit that a search can state, a byte.

constexpr auto kErrorKeys = std::to_array<std::string_view>({"error"});
constexpr auto kCreatedKeys = std::to_array<std::string_view>({"invoice", "missing"});
constexpr auto kMissingKeys = std::to_array<std::string_view>({"missing"});

std::optional<toml::table> readBody(const fetch::Response& response, Mistakes& mistakes,
                                    std::size_t bytes_max) {
  return read(response.body, formatOf(response.header("content-type")), mistakes, bytes_max);
}

std::vector<Label> readMissing(TableReader& reader, Mistakes& mistakes) {
  std::vector<Label> labels;
  for (const toml::table* table : reader.tables("missing", kParcelsMax)) {
    if (auto label = readLabel(*table, mistakes)) labels.push_back(*std::move(label));
  }
  return labels;
}

std::optional<Match> readMatch(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, "[[invoices]]", mistakes);
  const toml::table* bindle = reader.table("bindle");
  if (bindle == nullptr) return std::nullopt;
  TableReader inner(*bindle, "[invoices.bindle]", mistakes);
  const auto name = inner.required("name");
  const auto version = inner.required("version");
  if (!name || !version) return std::nullopt;
  return Match{
      {*name, *version}, inner.string("description"), reader.boolean("yanked").value_or(false)};
}

}  // namespace

Format formatOf(std::string_view media_types) {
  for (;;) {
    const std::size_t comma = media_types.find(',');
    std::string_view type = media_types.substr(0, comma);
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    if (type.ends_with("/json") || type.ends_with("+json")) return Format::kJson;
    if (type.ends_with("/toml") || comma == media_types.npos) return Format::kToml;
    media_types.remove_prefix(comma + 1);
  }
}

std::string errorIn(std::string_view body) {
  const std::string name = "error";
  for (const Format format : {Format::kToml, Format::kJson}) {
    Mistakes mistakes(name);
    const auto table = read(body, format, mistakes);
    if (!table) continue;
    TableReader reader(*table, name, kErrorKeys, mistakes);
    if (auto text = reader.string("error")) return printable(*text, kErrorBytesMax);
  }
  return {};
}

Result<CreatedAnswer> parseCreated(const fetch::Response& response) {
  const std::string name = "the answer";
  Mistakes mistakes(name);
  if (const auto table = readBody(response, mistakes, 2 * kDocumentBytesMax)) {
    TableReader reader(*table, name, kCreatedKeys, mistakes);
    CreatedAnswer answer;
    answer.missing = readMissing(reader, mistakes);
    if (const toml::table* invoice = reader.table("invoice")) {
      if (auto read = readInvoice(*invoice, mistakes)) answer.invoice = *std::move(read);
    } else {
      mistakes.add({}, "it has no `invoice`");
    }
    if (mistakes.none()) return answer;
  }
  return std::unexpected(errorOf(mistakes));
}

Result<std::vector<Label>> parseMissing(const fetch::Response& response) {
  const std::string name = "the answer";
  Mistakes mistakes(name);
  if (const auto table = readBody(response, mistakes, kDocumentBytesMax)) {
    TableReader reader(*table, name, kMissingKeys, mistakes);
    auto labels = readMissing(reader, mistakes);
    if (mistakes.none()) return labels;
  }
  return std::unexpected(errorOf(mistakes));
}

Result<Matches> parseMatches(const fetch::Response& response) {
  const std::string name = "the answer";
  Mistakes mistakes(name);
  if (const auto table = readBody(response, mistakes, config::kFileBytesMax)) {
    TableReader reader(*table, name, mistakes);
    Matches matches;
    matches.total = reader.number("total", {}).value_or(0);
    matches.more = reader.boolean("more").value_or(false);
    for (const toml::table* item : reader.tables("invoices", kMatchesMax)) {
      if (auto match = readMatch(*item, mistakes)) matches.matches.push_back(*std::move(match));
    }
    if (mistakes.none()) return matches;
  }
  return std::unexpected(errorOf(mistakes));
}

}  // namespace wagi::bindle
