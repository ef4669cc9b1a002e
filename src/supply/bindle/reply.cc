#include "supply/bindle/reply.h"

#include <strings.h>

#include <optional>
#include <span>
#include <vector>

#include "supply/bindle/answers.h"

namespace wagi::bindle {
namespace {

Format formatFor(const http::Exchange& exchange) {
  return formatOf(fieldOf(exchange.head(), "accept"));
}

void send(http::Exchange& exchange, int status, const Value& body, std::optional<Field> extra,
          Format format) {
  const std::string text = write(body, format);
  std::vector<Field> fields{
      {"Content-Type", format == Format::kJson ? "application/json" : "application/toml"}};
  if (extra) fields.push_back(*extra);
  exchange.start({status, {}, fields}, text.size());
  exchange.write(std::as_bytes(std::span(text)));
  exchange.end();
}

}  // namespace

std::string_view fieldOf(const RequestHead& head, std::string_view name) {
  for (const Field& field : head.fields) {
    if (field.name.size() == name.size() &&
        ::strncasecmp(field.name.data(), name.data(), name.size()) == 0) {
      return field.value;
    }
  }
  return {};
}

void reply(http::Exchange& exchange, int status, const Value& body) {
  send(exchange, status, body, std::nullopt, formatFor(exchange));
}

void replyJson(http::Exchange& exchange, int status, const Value& body) {
  send(exchange, status, body, std::nullopt, Format::kJson);
}

void replyError(http::Exchange& exchange, int status, std::string_view error) {
  send(exchange, status, Value{{"error", error}}, std::nullopt, formatFor(exchange));
}

void replyUnknown(http::Exchange& exchange) {
  constexpr int kUnauthorized = 401;
  send(exchange, kUnauthorized, Value{{"error", "a name and a password are needed"}},
       Field{"WWW-Authenticate", "Basic realm=\"bindle\", charset=\"UTF-8\""}, formatFor(exchange));
}

void replyMethod(http::Exchange& exchange, std::string_view allowed) {
  constexpr int kMethodNotAllowed = 405;
  send(exchange, kMethodNotAllowed, Value{{"error", "the method isn't allowed here"}},
       Field{"Allow", allowed}, formatFor(exchange));
}

}  // namespace wagi::bindle
