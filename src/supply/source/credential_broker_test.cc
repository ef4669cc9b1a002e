#include "supply/source/credential_broker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"

namespace wagi::source {
namespace {

using testing::HasSubstr;

class CredentialBrokerTest : public testing::Test {
 protected:
  FetchRequest request() const {
    FetchRequest made{.references = {"oci://one.example/a:1", "bindle:b/1.0.0"}};
    made.registries.docker.directory = folder_.path();
    return made;
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() + "/" + name) << text;
  }
  static void awaitEnd(CredentialBroker& broker) {
    while (!broker.hasEnded()) {
      pollfd entry{broker.fd(), POLLIN, 0};
      ::poll(&entry, 1, 1'000);
    }
  }

  TemporaryDirectory folder_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(CredentialBrokerTest, AnswersForTheRegistriesOfARequestOnly) {
  write("config.json", R"({"auths": {"one.example": {"username": "u", "password": "p"},
                                     "two.example": {"username": "v", "password": "q"}}})");
  auto broker = CredentialBroker::start(request()).value();
  for (int times = 0; times < 2; ++times) {
    const auto one = askBroker(broker.asker(), "one.example");
    ASSERT_TRUE(one && *one) << one.error().message;
    EXPECT_EQ((*one)->user, "u");
    EXPECT_EQ((*one)->password, "p");
  }
  const auto two = askBroker(broker.asker(), "two.example");
  ASSERT_FALSE(two);
  EXPECT_EQ(two.error().message, "nothing of two.example is to be fetched");
  broker.closeAsker();
  awaitEnd(broker);
}

TEST_F(CredentialBrokerTest, NoLoginIsNoError) {
  auto broker = CredentialBroker::start(request()).value();
  EXPECT_EQ(askBroker(broker.asker(), "one.example").value(), std::nullopt);
}

TEST_F(CredentialBrokerTest, AMistakeIsToldAsItIs) {
  write("config.json", "[]");
  auto broker = CredentialBroker::start(request()).value();
  EXPECT_THAT(askBroker(broker.asker(), "one.example").error().message,
              HasSubstr("config.json: expected a JSON object"));
}

TEST_F(CredentialBrokerTest, AnAskerDoesWithoutABroker) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
  const UniqueFd asker(ends[0]);
  UniqueFd broker(ends[1]);
  ASSERT_EQ(::send(broker.get(), "nonsense", 8, 0), 8);
  EXPECT_THAT(askBroker(asker.get(), "one.example").error().message, HasSubstr("nonsense"));
  broker.reset();
  EXPECT_THAT(askBroker(asker.get(), "one.example").error().message, HasSubstr("can't ask"));
}

TEST_F(CredentialBrokerTest, WhatIsTooLongIsNotAnswered) {
  auto broker = CredentialBroker::start(request()).value();
  EXPECT_FALSE(askBroker(broker.asker(), std::string(5'000, 'x')));
  broker.closeAsker();
  awaitEnd(broker);
}

}  // namespace
}  // namespace wagi::source
