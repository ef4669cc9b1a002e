// Requests of HTTP/1 from any bytes, once whole and once in pieces: both readings must agree.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/authority.h"
#include "base/fuzzing.h"
#include "net/http/inbox.h"
#include "net/http/request_parser.h"

namespace {

using wagi::require;
using wagi::http::Inbox;
using wagi::http::RequestParser;

bool iequals(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
}

void describe(const wagi::RequestHead& head, std::string& text) {
  for (const std::string_view part :
       {head.method, head.path, head.query.value_or("-"), head.host, head.protocol}) {
    text.append(part).push_back('\n');
  }
  require(head.host.find_first_of("/?#@\\ ") == head.host.npos, "a host is one");
  require(!head.host.empty() || !head.port, "a port belongs to a host");
  std::size_t types = 0;
  for (const wagi::Field& field : head.fields) {
    text.append(field.name).append(":").append(field.value).push_back('\n');
    require(field.value.find_first_of(std::string_view("\r\n\0", 3)) == field.value.npos,
            "a field is one line");
    if (iequals(field.name, "content-type")) ++types;
    if (!iequals(field.name, "host")) continue;
    const auto authority = wagi::parseAuthority(field.value);
    require(authority && authority->host == head.host && authority->port == head.port,
            "Host says whom the request is for");
  }
  require(types <= 1, "a body has one type");
  require(head.path.starts_with('/') || head.path == "*", "a path is absolute");
  require(!head.chunked || !head.content_length, "a body has one length");
}

// The requests in `bytes`, when they come `piece` at a time.
std::string read(std::string_view bytes, std::size_t piece) {
  RequestParser parser({1024, 8});
  Inbox inbox(Inbox::kBlockBytes);
  std::string text;
  bool in_body = false;
  while (true) {
    if (!in_body) {
      const auto state = parser.parseHead(inbox.raw());
      if (state == RequestParser::State::kRefused) {
        require(parser.refusal().status >= 400, "a refusal has a status");
        return text;
      }
      if (state == RequestParser::State::kDone) {
        require(parser.headBytes() <= 1024, "a head keeps to its limit");
        describe(parser.head(), text);
        inbox.dropRaw(parser.headBytes());
        in_body = true;
      }
    }
    if (in_body) {
      const bool good = parser.decodeBody(inbox);
      text.append(inbox.ready());
      inbox.dropReady(inbox.ready().size());
      if (!good) return text;
      if (parser.bodyComplete()) {
        text.append("\nend\n");
        in_body = false;
        parser.reset();
        continue;
      }
    }
    const auto space = inbox.space();
    const std::size_t count = std::min({piece, space.size(), bytes.size()});
    if (count == 0) return text;
    std::memcpy(space.data(), bytes.data(), count);
    inbox.commit(count);
    bytes.remove_prefix(count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = read(bytes, Inbox::kBlockBytes);
  const std::string pieces = read(bytes, data[0] % 32 + 1U);
  require(whole == pieces, "requests don't depend on how they arrive");
  return 0;
}
