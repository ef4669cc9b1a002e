#include "guest/wasi/experimental_http.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "guest/wasi/guest_testing.h"

namespace wagi::wasi {
namespace {

using State = Guest::State;
using U32 = std::uint32_t;

// A client whose answers the test sets.
class FakeHttp final : public HttpClient {
 public:
  std::string url, method, headers_sent, body;  // The last request's.
  std::expected<Handle, HttpError> begun = 7;
  Attempt<std::uint16_t> status_given = std::uint16_t{200};
  std::string headers_given = "a:1\nb:2\n";
  Attempt<std::size_t> read_given = std::size_t{3};
  int begins = 0;

  Result<Handle> begin(const Request& request) override {
    ++begins;
    url = request.url, method = request.method, headers_sent = request.headers;
    body.assign(reinterpret_cast<const char*>(request.body.data()), request.body.size());
    return begun;
  }
  Attempt<std::uint16_t> status(Handle, std::span<const std::byte>) override {
    return status_given;
  }
  Result<std::string> header(Handle handle, std::string_view name) override {
    if (handle != 7) return std::unexpected(HttpError::kInvalidHandle);
    if (name != "a") return std::unexpected(HttpError::kHeaderNotFound);
    return "value";
  }
  Result<std::string> headers(Handle handle) override {
    if (handle != 7) return std::unexpected(HttpError::kInvalidHandle);
    return headers_given;
  }
  Attempt<std::size_t> read(Handle, std::span<std::byte> out) override {
    if (read_given && *read_given) std::fill_n(out.begin(), **read_given, std::byte{'x'});
    return read_given;
  }
  HttpError close(Handle handle) override {
    return handle == 7 ? HttpError::kOk : HttpError::kInvalidHandle;
  }
};

std::string forwarding(std::string_view memory = Guest::kMemory) {
  std::string imports, functions;
  for (const auto& [name, count] : std::map<std::string, int>{{"req", 10},
                                                              {"close", 1},
                                                              {"header_get", 6},
                                                              {"headers_get_all", 4},
                                                              {"body_read", 4}}) {
    std::string parameters, gets;
    for (int i = 0; i < count; ++i) {
      parameters += " i32";
      gets += " (local.get " + std::to_string(i) + ")";
    }
    const std::string type = " (param" + parameters + ") (result i32)";
    imports +=
        fmt::format("(import \"wasi_experimental_http\" \"{0}\" (func ${0}{1}))\n", name, type);
    functions += fmt::format("(func (export \"{0}\"){1} (call ${0}{2}))\n", name, type, gets);
  }
  return "(module " + imports + std::string(memory) + functions + ")";
}

class ExperimentalHttpTest : public testing::Test {
 protected:
  HttpError result() { return static_cast<HttpError>(guest_.result()); }
  HttpError call(std::string_view name, std::initializer_list<std::uint64_t> arguments) {
    EXPECT_EQ(guest_.start(name, arguments), State::kReturned);
    return result();
  }
  struct Text {
    std::uint64_t at, length;
  };
  Text put(std::string_view text) { return {guest_.put(text), text.size()}; }
  State request(Text url, Text method, Text headers, Text body, std::uint64_t status_at = kStatus,
                std::uint64_t handle_at = kHandle) {
    return guest_.start("req", {url.at, url.length, method.at, method.length, headers.at,
                                headers.length, body.at, body.length, status_at, handle_at});
  }

  static constexpr U32 kStatus = 8, kHandle = 16, kWritten = 24, kEnd = Guest::kMemoryBytes;
  FakeHttp http_;
  World world_;
  Guest guest_{withClient(), forwarding()};

 private:
  World& withClient() {
    world_.http = &http_;
    return world_;
  }
};

TEST_F(ExperimentalHttpTest, ARequestWaitsAndReturns) {
  http_.status_given.reset();
  ASSERT_EQ(request(put("http://a"), put("GET"), put("A: 1\n"), put("body")), State::kSuspended);
  EXPECT_TRUE(guest_.suspendedBy<AnswerWait>());
  ASSERT_EQ(guest_.resume(), State::kSuspended);
  http_.status_given = std::uint16_t{418};
  ASSERT_EQ(guest_.resume(), State::kReturned);
  EXPECT_EQ(result(), HttpError::kOk);
  EXPECT_EQ(guest_.load<std::uint16_t>(kStatus), 418);
  EXPECT_EQ(guest_.load<U32>(kHandle), 7u);
  EXPECT_EQ(http_.begins, 1) << "though it was attempted three times";
  EXPECT_EQ(http_.url + " " + http_.method + " " + http_.headers_sent + http_.body,
            "http://a GET A: 1\nbody");
}

TEST_F(ExperimentalHttpTest, EveryPointerIsChecked) {
  const Text good = put("http://a");
  for (const Text bad : {Text{kEnd, 1}, Text{kEnd - 1, 2}, Text{0xffffffff, 1},
                         Text{0xffffffff, 0xffffffff}, Text{8, kEnd}, Text{0, 0xffffffff}}) {
    for (int i = 0; i < 4; ++i) {
      ASSERT_EQ(request(i == 0 ? bad : good, i == 1 ? bad : good, i == 2 ? bad : good,
                        i == 3 ? bad : good),
                State::kReturned);
      EXPECT_EQ(result(), HttpError::kMemoryAccess) << i;
    }
    EXPECT_EQ(call("header_get", {7, bad.at, bad.length, 64, 64, kWritten}),
              HttpError::kMemoryAccess);
    EXPECT_EQ(call("header_get", {7, good.at, 1, bad.at, bad.length, kWritten}),
              HttpError::kMemoryAccess);
    EXPECT_EQ(call("headers_get_all", {7, bad.at, bad.length, kWritten}), HttpError::kMemoryAccess);
    EXPECT_EQ(call("body_read", {7, bad.at, bad.length, kWritten}), HttpError::kMemoryAccess);
  }
  for (const U32 bad : {kEnd, kEnd - 1, 0xffffffffu}) {
    ASSERT_EQ(request(good, good, good, good, bad, kHandle), State::kReturned);
    EXPECT_EQ(result(), HttpError::kMemoryAccess);
    ASSERT_EQ(request(good, good, good, good, kStatus, bad), State::kReturned);
    EXPECT_EQ(result(), HttpError::kMemoryAccess);
    EXPECT_EQ(call("header_get", {7, good.at, 1, 64, 64, bad}), HttpError::kMemoryAccess);
    EXPECT_EQ(call("headers_get_all", {7, 64, 64, bad}), HttpError::kMemoryAccess);
    EXPECT_EQ(call("body_read", {7, 64, 64, bad}), HttpError::kMemoryAccess);
  }
  EXPECT_EQ(http_.begins, 0);
}

TEST_F(ExperimentalHttpTest, TextsAreUtf8) {
  const Text good = put("http://a"), bad = put("a\xff");
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(request(i == 0 ? bad : good, i == 1 ? bad : good, i == 2 ? bad : good, bad),
              State::kReturned);
    EXPECT_EQ(result(), HttpError::kUtf8);
  }
  EXPECT_EQ(call("header_get", {7, bad.at, bad.length, 64, 64, kWritten}), HttpError::kUtf8);
  ASSERT_EQ(request(good, good, good, bad), State::kReturned) << "a body is bytes";
  EXPECT_EQ(result(), HttpError::kOk);
}

TEST_F(ExperimentalHttpTest, ErrorsOfTheClientReachTheGuest) {
  const Text text = put("x");
  for (const HttpError error :
       {HttpError::kNotAllowed, HttpError::kInvalidMethod, HttpError::kInvalidUrl,
        HttpError::kInvalidEncoding, HttpError::kTooManySessions}) {
    http_.begun = std::unexpected(error);
    ASSERT_EQ(request(text, text, text, text), State::kReturned);
    EXPECT_EQ(result(), error);
  }
  http_.begun = 7;
  http_.status_given = std::unexpected(HttpError::kRequestFailed);
  ASSERT_EQ(request(text, text, text, text), State::kReturned);
  EXPECT_EQ(result(), HttpError::kRequestFailed);
  EXPECT_EQ(guest_.load<U32>(kHandle), 0u) << "nothing is written then";
}

TEST_F(ExperimentalHttpTest, HeadersFitOrSayWhatTheyNeed) {
  const Text name = put("a"), other = put("other");
  constexpr U32 kBuffer = 64;
  EXPECT_EQ(call("header_get", {7, name.at, 1, kBuffer, 5, kWritten}), HttpError::kOk);
  EXPECT_EQ(guest_.text(kBuffer, guest_.load<U32>(kWritten)), "value");
  guest_.store(kBuffer, U32{0});
  EXPECT_EQ(call("header_get", {7, name.at, 1, kBuffer, 4, kWritten}), HttpError::kBufferTooSmall);
  EXPECT_EQ(guest_.load<U32>(kWritten), 5u);
  EXPECT_EQ(guest_.load<U32>(kBuffer), 0u);
  EXPECT_EQ(call("header_get", {7, other.at, other.length, kBuffer, 64, kWritten}),
            HttpError::kHeaderNotFound);
  EXPECT_EQ(call("header_get", {8, name.at, 1, kBuffer, 64, kWritten}), HttpError::kInvalidHandle);
  EXPECT_EQ(call("headers_get_all", {7, kBuffer, 64, kWritten}), HttpError::kOk);
  EXPECT_EQ(guest_.text(kBuffer, guest_.load<U32>(kWritten)), "a:1\nb:2\n");
  EXPECT_EQ(call("headers_get_all", {7, kBuffer, 7, kWritten}), HttpError::kBufferTooSmall);
  EXPECT_EQ(guest_.load<U32>(kWritten), 8u);
}

TEST_F(ExperimentalHttpTest, ABodyIsReadOrWaitedFor) {
  constexpr U32 kBuffer = 64;
  EXPECT_EQ(call("body_read", {7, kBuffer, 10, kWritten}), HttpError::kOk);
  EXPECT_EQ(guest_.text(kBuffer, guest_.load<U32>(kWritten)), "xxx");
  http_.read_given.reset();
  ASSERT_EQ(guest_.start("body_read", {7, kBuffer, 10, kWritten}), State::kSuspended);
  EXPECT_TRUE(guest_.suspendedBy<AnswerWait>());
  http_.read_given = std::size_t{0};
  ASSERT_EQ(guest_.resume(), State::kReturned);
  EXPECT_EQ(guest_.load<U32>(kWritten), 0u);
  http_.read_given = std::unexpected(HttpError::kRequestFailed);
  EXPECT_EQ(call("body_read", {7, kBuffer, 10, kWritten}), HttpError::kRequestFailed);
  EXPECT_EQ(call("body_read", {7, kBuffer, 0, kWritten}), HttpError::kOk) << "nothing to read into";
  EXPECT_EQ(call("body_read", {8, kBuffer, 0, kWritten}), HttpError::kInvalidHandle);
}

TEST_F(ExperimentalHttpTest, Close) {
  EXPECT_EQ(call("close", {7}), HttpError::kOk);
  EXPECT_EQ(call("close", {8}), HttpError::kInvalidHandle);
}

TEST(ExperimentalHttpWithoutTest, AClientThereIsNobodyToCall) {
  World world;
  Guest guest(world, forwarding());
  const auto call = [&](std::string_view name, std::initializer_list<std::uint64_t> arguments) {
    EXPECT_EQ(guest.start(name, arguments), State::kReturned);
    return static_cast<HttpError>(guest.result());
  };
  EXPECT_EQ(call("req", {0, 1, 0, 1, 0, 1, 0, 1, 8, 16}), HttpError::kNotAllowed);
  EXPECT_EQ(call("close", {1}), HttpError::kInvalidHandle);
  EXPECT_EQ(call("header_get", {1, 0, 1, 64, 64, 24}), HttpError::kInvalidHandle);
  EXPECT_EQ(call("headers_get_all", {1, 64, 64, 24}), HttpError::kInvalidHandle);
  EXPECT_EQ(call("body_read", {1, 64, 64, 24}), HttpError::kInvalidHandle);
}

TEST(ExperimentalHttpWithoutTest, AMemoryEachCallSaysSo) {
  World world;
  Guest guest(world, forwarding(""));
  EXPECT_EQ(guest.start("close", {1}), State::kReturned);
  EXPECT_EQ(static_cast<HttpError>(guest.result()), HttpError::kNoMemory);
  EXPECT_EQ(guest.start("body_read", {1, 64, 64, 24}), State::kReturned);
  EXPECT_EQ(static_cast<HttpError>(guest.result()), HttpError::kNoMemory);
}

}  // namespace
}  // namespace wagi::wasi
