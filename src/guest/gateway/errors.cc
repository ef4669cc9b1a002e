#include "guest/gateway/errors.h"

#include <fmt/format.h>

namespace wagi::gateway {
namespace {

struct Phrase {
  std::string_view title;     // As RFC 9110 15 and RFC 6585 name the status.
  std::string_view sentence;  // Tells the person who asked what the status means.
};

Phrase phraseOf(int status) {
  switch (status) {
    case 400:
      return {"Bad Request", "The request could not be understood."};
    case 404:
      return {"Not Found", "Nothing is served at this address."};
    case 405:
      return {"Method Not Allowed", "This address does not answer that method."};
    case 408:
      return {"Request Timeout", "The request took too long to arrive."};
    case 413:
      return {"Content Too Large", "The body is larger than this address accepts."};
    case 414:
      return {"URI Too Long", "The address is longer than this server accepts."};
    case 431:
      return {"Request Header Fields Too Large", "The header is larger than accepted."};
    case 501:
      return {"Not Implemented", "This server does not know how to do that."};
    case 502:
      return {"Bad Gateway", "The module's answer could not be understood."};
    case 503:
      return {"Service Unavailable", "The server is busy. Try again shortly."};
    case 504:
      return {"Gateway Timeout", "The module took too long to answer."};
    default:
      return {"Internal Server Error", "The module failed."};
  }
}

}  // namespace

std::string errorBody(int status, std::string_view detail, std::string_view request_id) {
  const Phrase phrase = phraseOf(status);
  std::string body = detail.empty()
                         ? fmt::format("{} {}: {}\n", status, phrase.title, phrase.sentence)
                         : fmt::format("{}\n", detail);
  if (!request_id.empty()) fmt::format_to(std::back_inserter(body), "Request {}\n", request_id);
  return body;
}

}  // namespace wagi::gateway
