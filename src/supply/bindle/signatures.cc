#include "supply/bindle/signatures.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <unordered_set>

#include "base/base64.h"
#include "base/text.h"
#include "supply/bindle/ed25519.h"

namespace wagi::bindle {
namespace {

using Kind = Strategy::Kind;

bool has(const std::vector<Role>& roles, Role role) {
  return std::ranges::find(roles, role) != roles.end();
}

// A strategy in the terms in which it is checked.
struct Demands {
  std::vector<Role> roles;         // The roles whose signatures are checked.
  bool all_valid = false;          // Signatures of all other roles must be valid too.
  bool all_known = false;          // All signatures of `roles` must be known; else one of them.
  bool each_role_present = false;  // Each of `roles` must have a signature; else one of them.
};

Demands demandsOf(const Strategy& strategy) {
  switch (strategy.kind) {
    case Kind::kCreative:
      return {{Role::kCreator}, false, true, true};
    case Kind::kAuthoritative:
      return {{Role::kCreator, Role::kApprover}, false, false, false};
    case Kind::kExhaustive:
      return {{Role::kCreator, Role::kApprover, Role::kHost, Role::kProxy}, true, true, false};
    case Kind::kMultiple:
      return {strategy.roles, false, true, true};
    case Kind::kMultipleGreedy:
      return {strategy.roles, true, true, true};
    case Kind::kGreedy:
      break;
  }
  return {{Role::kCreator}, true, true, true};
}

std::string nameOf(const Signature& signature) {
  return fmt::format("the signature of \"{}\" as {}", signature.by, text(signature.role));
}

Result<void> checkValid(const Invoice& invoice, const Signature& signature) {
  const auto key = decodeBase64(signature.key);
  const auto bytes = decodeBase64(signature.signature);
  if (!key || !bytes) return fail(nameOf(signature) + " isn't in base64");
  if (isSignedBy(*key, signedText(invoice, signature.by, signature.role), *bytes)) return {};
  return fail(nameOf(signature) + " isn't one of this invoice");
}

}  // namespace

std::string signedText(const Invoice& invoice, std::string_view by, Role role) {
  std::string lines =
      fmt::format("{}\n{}\n{}\n{}\n~", by, invoice.id.name, invoice.id.version, text(role));
  for (const Parcel& parcel : invoice.parcels) lines.append("\n").append(parcel.label.sha256);
  return lines;
}

Result<void> sign(Invoice& invoice, const SecretKey& key, Role role, std::uint64_t now) {
  const auto public_key = publicKeyOf(key.secret);
  if (!public_key) return std::unexpected(public_key.error());
  Signature signature{key.label, {}, encodeBase64(*public_key), role, now};
  if (std::ranges::find(invoice.signatures, signature.key, &Signature::key) !=
      invoice.signatures.end()) {
    return fail(fmt::format("the key \"{}\" has signed {} already, and signs an invoice once",
                            key.label, invoice.id.text()));
  }
  const auto bytes = signBytes(key.secret, signedText(invoice, key.label, role));
  if (!bytes) return std::unexpected(bytes.error());
  signature.signature = encodeBase64(*bytes);
  invoice.signatures.push_back(std::move(signature));
  return {};
}

Result<Strategy> parseStrategy(std::string_view text) {
  const std::string lower = lowered(trim(text));
  const std::size_t bracket = lower.find('[');
  const std::string_view name = trim(std::string_view(lower).substr(0, bracket));
  const auto unknown = [&] {
    return fail(
        fmt::format("\"{}\" is no strategy: expected CreativeIntegrity, AuthoritativeIntegrity, "
                    "GreedyVerification, ExhaustiveVerification, MultipleAttestation[ROLE,...] or "
                    "MultipleAttestationGreedy[ROLE,...]",
                    text));
  };
  Strategy strategy;
  if (bracket == std::string::npos) {
    if (name == "creativeintegrity") return Strategy{Kind::kCreative, {}};
    if (name == "authoritativeintegrity") return Strategy{Kind::kAuthoritative, {}};
    if (name == "greedyverification") return Strategy{Kind::kGreedy, {}};
    if (name == "exhaustiveverification") return Strategy{Kind::kExhaustive, {}};
    return unknown();
  }
  if (name != "multipleattestation" && name != "multipleattestationgreedy") return unknown();
  strategy.kind = name == "multipleattestation" ? Kind::kMultiple : Kind::kMultipleGreedy;
  if (!lower.ends_with(']')) return unknown();
  std::string_view list = std::string_view(lower).substr(bracket + 1);
  list.remove_suffix(1);
  for (;;) {
    const std::size_t comma = list.find(',');
    const auto role = parseRole(trim(list.substr(0, comma)));
    if (!role) return unknown();
    strategy.roles.push_back(*role);
    if (comma == list.npos) return strategy;
    list.remove_prefix(comma + 1);
  }
}

Result<void> verify(const Invoice& invoice, const Strategy& strategy, const Keyring& keyring) {
  if (invoice.signatures.empty()) {
    return fail(fmt::format("{} isn't signed, and a signature is required", invoice.id.text()));
  }
  const Demands demands = demandsOf(strategy);
  std::unordered_set<std::string_view> keys;
  std::vector<Role> present;
  bool any_known = false;
  for (const Signature& signature : invoice.signatures) {
    if (!keys.insert(signature.key).second) {
      return fail(
          fmt::format("{} is signed twice by the key of \"{}\"", invoice.id.text(), signature.by));
    }
    const bool matters = has(demands.roles, signature.role);
    if (!matters && !demands.all_valid) continue;
    if (auto valid = checkValid(invoice, signature); !valid) return valid;
    if (!matters) continue;
    const bool is_known = keyring.grants(signature.key, signature.role);
    if (!is_known && demands.all_known) {
      return fail(nameOf(signature) + " is by a key that isn't in the keyring for that role");
    }
    any_known = any_known || is_known;
    present.push_back(signature.role);
  }
  if (demands.each_role_present) {
    for (const Role role : demands.roles) {
      if (!has(present, role)) {
        return fail(fmt::format("{} has no signature as {}", invoice.id.text(), text(role)));
      }
    }
  }
  if (any_known) return {};
  return fail(fmt::format("{} has no signature by a key of the keyring", invoice.id.text()));
}

}  // namespace wagi::bindle
