// An invoice, which says what a bindle consists of, as plain values.
//
// An invoice is read as Bindle's own code reads it: keys are in camelCase, unknown ones are
// rejected. An Invoice that parseInvoice() returns is valid too: it has no unknown group, no cycle
// of groups, and no file that would leave the guest's root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supply/bindle/document.h"
#include "supply/bindle/id.h"

namespace wagi::bindle {

inline constexpr std::size_t kParcelsMax = 10'000;
inline constexpr std::size_t kGroupsMax = 10'000;
inline constexpr std::size_t kSignaturesMax = 100;
inline constexpr std::uint64_t kParcelBytesMax = 4ULL << 30;
inline constexpr std::uint64_t kBindleBytesMax = 16ULL << 30;  // For all its parcels together.

enum class Role { kCreator, kProxy, kHost, kApprover };
[[nodiscard]] std::string_view text(Role role);  // "creator"
[[nodiscard]] std::optional<Role> parseRole(std::string_view text);

struct Signature {
  std::string by;
  std::string signature;  // Ed25519 in base64, of signedText() (signatures.h).
  std::string key;        // The public key, in base64.
  Role role = Role::kCreator;
  std::uint64_t at = 0;  // Seconds since 1970; not signed.
};

// The description of a parcel's bytes.
struct Label {
  std::string sha256;  // 64 lower-case hex digits.
  std::string media_type;
  std::string name;
  std::uint64_t size = 0;
  std::optional<std::string> origin;  // The bindle that it came from.
  Texts annotations;
  std::map<std::string, Texts> feature;  // Section to keys and values.

  // The value of a feature; null where it is absent.
  [[nodiscard]] const std::string* findFeature(const std::string& section,
                                               const std::string& key) const;
};

struct Parcel {
  Label label;
  std::vector<std::string> member_of;        // Names of groups; none is the global group.
  std::vector<std::string> required_groups;  // `conditions.requires`
};

enum class SatisfiedBy { kAllOf, kOneOf, kOptional };

struct Group {
  std::string name;
  std::optional<bool> required;
  std::optional<SatisfiedBy> satisfied_by;  // kAllOf by default.
};

struct Invoice {
  std::string bindle_version = "1.0.0";
  std::optional<bool> yanked;  // Absent is false.
  std::vector<Signature> yanked_signatures;
  Id id;
  std::optional<std::string> description;
  std::vector<std::string> authors;
  Texts annotations;
  std::vector<Parcel> parcels;
  std::vector<Group> groups;
  std::vector<Signature> signatures;

  [[nodiscard]] bool isYanked() const { return yanked.value_or(false); }
  // The first parcel with this digest, or null. Several parcels may have the same bytes under
  // different names.
  [[nodiscard]] const Parcel* findParcel(std::string_view sha256) const;
};

// Parses and validates an invoice. `name` is the file's or the URL's, for the error, which has a
// line for each mistake.
[[nodiscard]] Result<Invoice> parseInvoice(std::string_view text, Format format,
                                           const std::string& name);
// Reads an invoice or a label that is a table of another document.
[[nodiscard]] std::optional<Invoice> readInvoice(const toml::table& table,
                                                 config::Mistakes& mistakes);
[[nodiscard]] std::optional<Label> readLabel(const toml::table& table, config::Mistakes& mistakes);
// A list of roles.
[[nodiscard]] std::vector<Role> readRoles(config::TableReader& reader, std::string_view key);

[[nodiscard]] Value valueOf(const Invoice& invoice);
[[nodiscard]] Value valueOf(const Label& label);
[[nodiscard]] std::string write(const Invoice& invoice, Format format);

// Checks an invoice that wasn't parsed for what parseInvoice() checks beside the types of keys: the
// name, the version, digests and sizes, names of files, and the groups.
[[nodiscard]] Result<void> validate(const Invoice& invoice);

}  // namespace wagi::bindle
