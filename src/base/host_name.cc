#include "base/host_name.h"

#include <algorithm>

#include "base/hex.h"
#include "base/ip_address.h"
#include "base/text.h"

namespace wagi {
namespace {

constexpr std::size_t kNameBytesMax = 253;  // RFC 1035 2.3.4
constexpr std::size_t kLabelBytesMax = 63;

constexpr Alphabet kLabelCharacters("-_");

// Whether inet_aton(3) and browsers would take `label` for a part of an IPv4 address.
bool looksNumeric(std::string_view label) {
  if (std::ranges::all_of(label, isDigit)) return true;
  return startsWithIgnoringCase(label, "0x") &&
         std::ranges::all_of(label.substr(2), [](char c) { return hexValue(c) >= 0; });
}

bool isIpv4(std::string_view text) {
  const auto address = IpAddress::parse(text);
  return address && !address->v6;
}

Result<void> checkLabel(std::string_view label) {
  if (label.empty()) return fail("a host's name has no empty part");
  if (label.size() > kLabelBytesMax) return fail("a part of the host's name is too long");
  if (label.front() == '-' || label.back() == '-') {  // RFC 1123 2.1
    return fail("no part of a host's name begins or ends with '-'");
  }
  for (const char c : label) {
    if (!kLabelCharacters.has(c)) {
      return fail(static_cast<unsigned char>(c) >= 0x80
                      ? "the host's name isn't ASCII: write its xn-- form"
                      : "the host's name has a character that no name has");
    }
  }
  return {};
}

}  // namespace

Result<void> checkHostName(std::string_view text) {
  if (text.empty()) return fail("there is no host");
  if (text.size() > kNameBytesMax) return fail("the host's name is too long");
  std::string_view rest = text, label;
  for (bool more = true; more;) {
    const std::size_t dot = rest.find('.');
    more = dot != std::string_view::npos;
    label = rest.substr(0, dot);
    if (auto good = checkLabel(label); !good) return good;
    if (more) rest.remove_prefix(dot + 1);
  }
  if (looksNumeric(label) && !isIpv4(text)) {
    return fail("an IPv4 address is four decimal numbers");
  }
  return {};
}

}  // namespace wagi
