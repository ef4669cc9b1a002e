// Requests that an attacker would have misread (RFC 9112 11.2), and how they are read: each is
// followed by another one, which must be found in its place or not at all, in whatever pieces the
// bytes come.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include "net/http/inbox.h"
#include "net/http/request_parser.h"

namespace wagi::http::framing {

using State = RequestParser::State;

inline const std::string kNext = "GET /next HTTP/1.1\r\nHost: n\r\n\r\n";
inline const std::string kFound = ", GET /next";

// Reads `bytes`, which come `piece` at a time: gives each request as "METHOD TARGET BODY", then
// "more" where one isn't whole, or the status of its refusal.
inline std::string readIn(std::string_view bytes, std::size_t piece) {
  RequestParser parser({8192, 16});
  Inbox inbox(64 << 10);
  std::string text;
  bool in_body = false;
  while (true) {
    if (!in_body) {
      const State state = parser.parseHead(inbox.raw());
      if (state == State::kRefused) return text + std::to_string(parser.refusal().status);
      in_body = state == State::kDone;
      if (in_body) {
        const RequestHead& head = parser.head();
        text.append(head.method).append(" ").append(head.path);
        if (head.query) text.append("?").append(*head.query);
        inbox.dropRaw(parser.headBytes());
      }
    }
    if (in_body) {
      const bool good = parser.decodeBody(inbox);
      if (good && parser.bodyComplete()) {
        if (!inbox.ready().empty()) text.append(" ").append(inbox.ready());
        inbox.dropReady(inbox.ready().size());
        text.append(", ");
        parser.reset();
        in_body = false;
        if (!inbox.raw().empty()) continue;
      }
      if (!good) return text + " " + std::to_string(parser.refusal().status);
    }
    if (bytes.empty()) break;
    const auto space = inbox.space();
    const std::size_t count = std::min({piece, space.size(), bytes.size()});
    std::memcpy(space.data(), bytes.data(), count);
    inbox.commit(count);
    bytes.remove_prefix(count);
  }
  if (text.ends_with(", ") && inbox.raw().empty()) return text.substr(0, text.size() - 2);
  return text + (in_body ? " more" : "more");
}

inline std::string read(const std::string& bytes) {
  const std::string whole = readIn(bytes, bytes.size());
  for (const std::size_t piece : {1U, 2U, 3U, 7U}) {
    EXPECT_EQ(readIn(bytes, piece), whole) << "in pieces of " << piece;
  }
  return whole;
}

inline std::string post(const std::string& fields, const std::string& body) {
  return read("POST /p HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body + kNext);
}

inline std::string get(const std::string& line, const std::string& fields = "Host: h\r\n") {
  return read(line + "\r\n" + fields + "\r\n" + kNext);
}

inline const std::string kChunks = "3\r\nabc\r\n0\r\n\r\n";

}  // namespace wagi::http::framing
