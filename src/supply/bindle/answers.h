// Parses the answers of a Bindle server, for client.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "supply/bindle/client.h"

namespace wagi::bindle {

// The format that a Content-Type or an Accept names first; TOML where it names neither.
[[nodiscard]] Format formatOf(std::string_view media_types);

// The text of `error = "..."`; empty where there is none.
[[nodiscard]] std::string errorIn(std::string_view body);

struct CreatedAnswer {
  Invoice invoice;
  std::vector<Label> missing;
};
[[nodiscard]] Result<CreatedAnswer> parseCreated(const fetch::Response& response);
[[nodiscard]] Result<std::vector<Label>> parseMissing(const fetch::Response& response);
// Reads only what is shown of each match, so that a bindle whose invoice parseInvoice() would
// refuse is found too.
[[nodiscard]] Result<Matches> parseMatches(const fetch::Response& response);

}  // namespace wagi::bindle
