#include <fmt/format.h>

#include <array>
#include <limits>

#include "supply/bindle/invoice.h"

namespace wagi::bindle {
namespace {

using config::Mistakes;
using config::TableReader;

constexpr auto kInvoiceKeys =
    std::to_array<std::string_view>({"bindleVersion", "yanked", "yankedSignature", "bindle",
                                     "annotations", "parcel", "group", "signature"});
constexpr auto kBindleKeys =
    std::to_array<std::string_view>({"name", "version", "description", "authors"});
constexpr auto kParcelKeys = std::to_array<std::string_view>({"label", "conditions"});
constexpr auto kLabelKeys = std::to_array<std::string_view>(
    {"sha256", "mediaType", "name", "size", "annotations", "feature", "origin"});
constexpr auto kConditionKeys = std::to_array<std::string_view>({"memberOf", "requires"});
constexpr auto kGroupKeys = std::to_array<std::string_view>({"name", "required", "satisfiedBy"});
constexpr auto kSignatureKeys =
    std::to_array<std::string_view>({"by", "signature", "key", "role", "at"});

// The number `key` of `table`, which must be there.
std::uint64_t requiredNumber(TableReader& reader, const toml::table& table, std::string_view name,
                             std::string_view key, Mistakes& mistakes) {
  if (!table.contains(key)) {
    mistakes.add(table.source(), fmt::format("{} has no `{}`, which is required", name, key));
  }
  return reader.number(key, {}).value_or(0);
}

std::optional<SatisfiedBy> readSatisfiedBy(TableReader& reader) {
  constexpr std::string_view kKey = "satisfiedBy";
  const auto text = reader.string(kKey);
  if (!text) return std::nullopt;
  if (*text == "allOf") return SatisfiedBy::kAllOf;
  if (*text == "oneOf") return SatisfiedBy::kOneOf;
  if (*text == "optional" || *text == "anyOf") return SatisfiedBy::kOptional;
  reader.mistake(kKey,
                 fmt::format("`satisfiedBy` is \"{}\": expected allOf, oneOf or optional", *text));
  return std::nullopt;
}

std::map<std::string, Texts> readFeature(TableReader& reader, Mistakes& mistakes) {
  std::map<std::string, Texts> sections;
  const toml::table* feature = reader.table("feature");
  if (feature == nullptr) return sections;
  TableReader inner(*feature, "feature", mistakes);
  for (const auto& [name, section] : *feature)
    sections.emplace(name.str(), inner.texts(name.str()));
  return sections;
}

Parcel readParcel(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, "[[parcel]]", kParcelKeys, mistakes);
  Parcel parcel;
  if (const toml::table* label = reader.table("label")) {
    if (auto read = readLabel(*label, mistakes)) parcel.label = *std::move(read);
  } else if (!table.contains("label")) {
    mistakes.add(table.source(), "[[parcel]] has no `label`, which is required");
  }
  if (const toml::table* conditions = reader.table("conditions")) {
    TableReader inner(*conditions, "[parcel.conditions]", kConditionKeys, mistakes);
    parcel.member_of = inner.strings("memberOf");
    parcel.required_groups = inner.strings("requires");
  }
  return parcel;
}

Group readGroup(const toml::table& table, Mistakes& mistakes) {
  TableReader reader(table, "[[group]]", kGroupKeys, mistakes);
  Group group;
  group.name = reader.required("name").value_or("");
  group.required = reader.boolean("required");
  group.satisfied_by = readSatisfiedBy(reader);
  return group;
}

Signature readSignature(const toml::table& table, std::string_view name, Mistakes& mistakes) {
  TableReader reader(table, name, kSignatureKeys, mistakes);
  Signature signature;
  signature.by = reader.required("by").value_or("");
  signature.signature = reader.required("signature").value_or("");
  signature.key = reader.required("key").value_or("");
  if (const auto role = reader.required("role")) {
    if (const auto known = parseRole(*role)) {
      signature.role = *known;
    } else {
      reader.mistake("role", fmt::format("`role` is \"{}\": expected creator, proxy, host or "
                                         "approver",
                                         *role));
    }
  }
  signature.at = requiredNumber(reader, table, name, "at", mistakes);
  return signature;
}

std::vector<Signature> readSignatures(TableReader& reader, std::string_view key,
                                      Mistakes& mistakes) {
  std::vector<Signature> signatures;
  for (const toml::table* table : reader.tables(key, kSignaturesMax)) {
    signatures.push_back(readSignature(*table, fmt::format("[[{}]]", key), mistakes));
  }
  return signatures;
}

void readBindle(TableReader& reader, const toml::table& table, Invoice& invoice,
                Mistakes& mistakes) {
  const toml::table* bindle = reader.table("bindle");
  if (bindle == nullptr) {
    if (table.contains("bindle")) return;
    return mistakes.add(table.source(), "there is no [bindle], which is required");
  }
  TableReader inner(*bindle, "[bindle]", kBindleKeys, mistakes);
  invoice.id.name = inner.required("name").value_or("");
  invoice.id.version = inner.required("version").value_or("");
  invoice.description = inner.string("description");
  invoice.authors = inner.strings("authors");
}

}  // namespace

std::optional<Role> parseRole(std::string_view text) {
  for (const Role role : {Role::kCreator, Role::kProxy, Role::kHost, Role::kApprover}) {
    if (bindle::text(role) == text) return role;
  }
  return std::nullopt;
}

std::vector<Role> readRoles(TableReader& reader, std::string_view key) {
  std::vector<Role> roles;
  for (const std::string& text : reader.strings(key)) {
    if (const auto role = parseRole(text)) {
      roles.push_back(*role);
    } else {
      reader.mistake(key, fmt::format("`{}` has \"{}\": expected creator, proxy, host or approver",
                                      key, text));
    }
  }
  return roles;
}

std::optional<Label> readLabel(const toml::table& table, Mistakes& mistakes) {
  constexpr std::string_view kName = "[parcel.label]";
  TableReader reader(table, kName, kLabelKeys, mistakes);
  const auto sha256 = reader.required("sha256");
  const auto media_type = reader.required("mediaType");
  const auto name = reader.required("name");
  Label label;
  label.size = requiredNumber(reader, table, kName, "size", mistakes);
  label.origin = reader.string("origin");
  label.annotations = reader.texts("annotations");
  label.feature = readFeature(reader, mistakes);
  if (!sha256 || !media_type || !name) return std::nullopt;
  label.sha256 = *sha256;
  label.media_type = *media_type;
  label.name = *name;
  return label;
}

std::optional<Invoice> readInvoice(const toml::table& table, Mistakes& mistakes) {
  const std::size_t before = mistakes.count();  // Earlier ones may be other invoices'.
  TableReader reader(table, "the invoice", kInvoiceKeys, mistakes);
  Invoice invoice;
  invoice.bindle_version = reader.required("bindleVersion").value_or("");
  invoice.yanked = reader.boolean("yanked");
  invoice.yanked_signatures = readSignatures(reader, "yankedSignature", mistakes);
  readBindle(reader, table, invoice, mistakes);
  invoice.annotations = reader.texts("annotations");
  for (const toml::table* parcel : reader.tables("parcel", kParcelsMax)) {
    invoice.parcels.push_back(readParcel(*parcel, mistakes));
  }
  for (const toml::table* group : reader.tables("group", kGroupsMax)) {
    invoice.groups.push_back(readGroup(*group, mistakes));
  }
  invoice.signatures = readSignatures(reader, "signature", mistakes);
  if (mistakes.count() != before) return std::nullopt;
  if (auto good = validate(invoice); !good) {
    mistakes.add({}, std::move(good.error().message));
    return std::nullopt;
  }
  return invoice;
}

Result<Invoice> parseInvoice(std::string_view text, Format format, const std::string& name) {
  Mistakes mistakes(name);
  if (const auto table = read(text, format, mistakes)) {
    if (auto invoice = readInvoice(*table, mistakes)) return *std::move(invoice);
  }
  return std::unexpected(errorOf(mistakes));
}

}  // namespace wagi::bindle
