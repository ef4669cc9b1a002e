#include "supply/artifact/message.h"

#include <cstdint>

namespace wagi::artifact {
namespace {

using Json = nlohmann::json;

// Ends the reading of a message at the level that is too deep, before that is entered.
class DepthCheck final : public Json::json_sax_t {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool key(string_t&) override { return true; }
  bool start_object(std::size_t) override { return ++depth_ <= kMessageDepthMax; }
  bool start_array(std::size_t) override { return ++depth_ <= kMessageDepthMax; }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const Json::exception&) override {
    return false;
  }

 private:
  bool leave() {
    --depth_;
    return true;
  }
  std::size_t depth_ = 0;
};

}  // namespace

std::string writeMessage(const Json& message) {
  std::string bytes;
  Json::to_cbor(message, bytes);
  return bytes;
}

Json readMessage(std::string_view bytes) {
  DepthCheck check;
  if (!Json::sax_parse(bytes, &check, Json::input_format_t::cbor)) {
    return Json(Json::value_t::discarded);
  }
  return Json::from_cbor(bytes, /*strict=*/true, /*allow_exceptions=*/false);
}

}  // namespace wagi::artifact
