// What a Bindle server's answers say, to its client.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supply/bindle/client.h"

namespace wagi::bindle {

// By a Content-Type or a list of Accept: the first of the two that it names; TOML where it names
// neither.
[[nodiscard]] Format formatOf(std::string_view media_types);

// The text of `error = "..."`; empty where there is none.
[[nodiscard]] std::string errorIn(std::string_view body);

struct CreatedAnswer {
  Invoice invoice;
  std::vector<Label> missing;
};
[[nodiscard]] Result<CreatedAnswer> parseCreated(const fetch::Response& response);
[[nodiscard]] Result<std::vector<Label>> parseMissing(const fetch::Response& response);
// Of each match only what is shown: a bindle whose invoice isn't read here is found, too.
[[nodiscard]] Result<Matches> parseMatches(const fetch::Response& response);

}  // namespace wagi::bindle
