// Makes invoices and parcels for tests.
#pragma once

#include <string>
#include <string_view>

#include "base/sha256.h"
#include "supply/bindle/invoice.h"

namespace wagi::bindle {

inline Invoice invoiceNamed(const std::string& name, const std::string& version = "1.0.0") {
  Invoice invoice;
  invoice.id = {name, version};
  return invoice;
}

// A parcel with `content`.
inline Parcel parcelOf(const std::string& name, std::string_view content,
                       const std::string& media_type = "application/octet-stream") {
  Parcel parcel;
  parcel.label.sha256 = sha256Hex(content);
  parcel.label.media_type = media_type;
  parcel.label.name = name;
  parcel.label.size = content.size();
  return parcel;
}

inline Parcel moduleOf(const std::string& name, std::string_view content,
                       const std::string& route) {
  Parcel parcel = parcelOf(name, content, "application/wasm");
  parcel.label.feature["wagi"]["route"] = route;
  return parcel;
}

inline Parcel assetOf(const std::string& name, std::string_view content, const std::string& group) {
  Parcel parcel = parcelOf(name, content);
  parcel.label.feature["wagi"]["file"] = "true";
  parcel.member_of = {group};
  return parcel;
}

inline Group groupNamed(const std::string& name, SatisfiedBy by = SatisfiedBy::kAllOf) {
  return {name, std::nullopt, by};
}

}  // namespace wagi::bindle
