#include <utility>

#include "supply/bindle/invoice.h"

namespace wagi::bindle {
namespace {

// Sets a key, but leaves an empty value out.
void addUnlessEmpty(Value& table, const char* key, Value value) {
  if (!value.empty()) table[key] = std::move(value);
}

template <class T>
void addIfSet(Value& table, const char* key, const std::optional<T>& value) {
  if (value) table[key] = *value;
}

std::string_view text(SatisfiedBy by) {
  switch (by) {
    case SatisfiedBy::kOneOf:
      return "oneOf";
    case SatisfiedBy::kOptional:
      return "optional";
    default:
      return "allOf";
  }
}

Value valueOf(const Signature& signature) {
  return Value{{"by", signature.by},
               {"signature", signature.signature},
               {"key", signature.key},
               {"role", text(signature.role)},
               {"at", signature.at}};
}

Value valueOf(const Parcel& parcel) {
  Value conditions = Value::object();
  addUnlessEmpty(conditions, "memberOf", parcel.member_of);
  addUnlessEmpty(conditions, "requires", parcel.required_groups);
  Value table{{"label", valueOf(parcel.label)}};
  addUnlessEmpty(table, "conditions", std::move(conditions));
  return table;
}

Value valueOf(const Group& group) {
  Value table{{"name", group.name}};
  addIfSet(table, "required", group.required);
  if (group.satisfied_by) table["satisfiedBy"] = text(*group.satisfied_by);
  return table;
}

template <class T>
Value listOf(const std::vector<T>& items) {
  Value list = Value::array();
  for (const T& item : items) list.push_back(valueOf(item));
  return list;
}

}  // namespace

std::string_view text(Role role) {
  switch (role) {
    case Role::kProxy:
      return "proxy";
    case Role::kHost:
      return "host";
    case Role::kApprover:
      return "approver";
    default:
      return "creator";
  }
}

const std::string* Label::findFeature(const std::string& section, const std::string& key) const {
  const auto texts = feature.find(section);
  if (texts == feature.end()) return nullptr;
  const auto value = texts->second.find(key);
  return value == texts->second.end() ? nullptr : &value->second;
}

const Parcel* Invoice::findParcel(std::string_view sha256) const {
  for (const Parcel& parcel : parcels) {
    if (parcel.label.sha256 == sha256) return &parcel;
  }
  return nullptr;
}

Value valueOf(const Label& label) {
  Value table{{"sha256", label.sha256},
              {"mediaType", label.media_type},
              {"name", label.name},
              {"size", label.size}};
  addIfSet(table, "origin", label.origin);
  addUnlessEmpty(table, "annotations", label.annotations);
  addUnlessEmpty(table, "feature", label.feature);
  return table;
}

Value valueOf(const Invoice& invoice) {
  Value table{{"bindleVersion", invoice.bindle_version}};
  addIfSet(table, "yanked", invoice.yanked);
  addUnlessEmpty(table, "yankedSignature", listOf(invoice.yanked_signatures));
  Value bindle{{"name", invoice.id.name}, {"version", invoice.id.version}};
  addIfSet(bindle, "description", invoice.description);
  addUnlessEmpty(bindle, "authors", invoice.authors);
  table["bindle"] = std::move(bindle);
  addUnlessEmpty(table, "annotations", invoice.annotations);
  addUnlessEmpty(table, "parcel", listOf(invoice.parcels));
  addUnlessEmpty(table, "group", listOf(invoice.groups));
  addUnlessEmpty(table, "signature", listOf(invoice.signatures));
  return table;
}

std::string write(const Invoice& invoice, Format format) { return write(valueOf(invoice), format); }

}  // namespace wagi::bindle
