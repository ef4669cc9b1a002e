// Messages of child processes to their parent, as JSON values in CBOR: a string in one, such as a
// path or what a guest prints, may have any bytes.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace wagi::artifact {

// A child has read what strangers sent: its message must not end its parent, whose reader takes a
// part of the stack for each level.
inline constexpr std::size_t kMessageDepthMax = 32;

[[nodiscard]] std::string writeMessage(const nlohmann::json& message);
// A discarded value (nlohmann::json::is_discarded()) for what is no message, or nests deeper.
[[nodiscard]] nlohmann::json readMessage(std::string_view bytes);

}  // namespace wagi::artifact
