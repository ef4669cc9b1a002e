#include "supply/oci/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file.h"

namespace wagi::oci {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class CredentialsTest : public testing::Test {
 public:
  CredentialsTest() : path_(std::getenv("PATH")) {
    ::setenv("PATH", (directory_.path() + ":" + path_).c_str(), 1);
  }
  ~CredentialsTest() override { ::setenv("PATH", path_.c_str(), 1); }

 protected:
  void write(const std::string& json) const {
    std::ofstream(directory_.path() + "/config.json") << json;
  }
  void writeHelper(const std::string& name, const std::string& script) const {
    const std::string path = directory_.path() + "/docker-credential-" + name;
    std::ofstream(path) << "#!/bin/sh\n" << script;
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  auto find(std::string_view registry, std::chrono::milliseconds helper_max = 30s) const {
    return credentialsFor(registry, {directory_.path(), helper_max});
  }
  std::string failure(std::string_view registry) const {
    const auto found = find(registry);
    return found ? "none" : found.error().message;
  }

  const std::string path_;
  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(CredentialsTest, WithoutAFileThereAreNone) { EXPECT_EQ(find("r.io").value(), std::nullopt); }

TEST_F(CredentialsTest, FromAuths) {
  write(R"({"auths": {"r.io": {"auth": "dXNlcjpwYTpzcw=="},
                      "https://other.io:5000/v2/": {"username": "u", "password": "p"},
                      "https://index.docker.io/v1/": {"identitytoken": "t"},
                      "empty.io": {}}})");
  EXPECT_EQ(find("r.io").value()->user, "user");
  EXPECT_EQ(find("r.io").value()->password, "pa:ss");
  EXPECT_EQ(find("other.io:5000").value()->user, "u");
  EXPECT_EQ(find("docker.io").value()->identity_token, "t");
  for (const char* none : {"empty.io", "other.io", "r.io:5000", "x.r.io", ""}) {
    EXPECT_EQ(find(none).value(), std::nullopt) << none;
  }
}

TEST_F(CredentialsTest, FromAHelper) {
  write(R"({"credHelpers": {"r.io": "own"}, "credsStore": "all", "auths": {"x.io": {}}})");
  writeHelper("own", R"(test "$1" = get || exit 3; read server
                        echo '{"Username": "own-'$server'", "Secret": "s"}')");
  writeHelper("all", R"(read server; case $server in none.io)
                        echo credentials not found in native keychain; exit 1;; esac
                        echo '{"Username": "<token>", "Secret": "'$server'"}')");
  EXPECT_EQ(find("r.io").value()->user, "own-r.io");
  EXPECT_EQ(find("r.io").value()->password, "s");
  EXPECT_EQ(find("x.io").value()->identity_token, "x.io");
  EXPECT_EQ(find("docker.io").value()->identity_token, "https://index.docker.io/v1/");
  EXPECT_EQ(find("none.io").value(), std::nullopt);
}

TEST_F(CredentialsTest, HelpersThatFailAreNamed) {
  write(R"({"credHelpers": {"a.io": "no-such", "b.io": "fails", "c.io": "nonsense",
                            "d.io": "../../bin/sh", "e.io": "floods", "f.io": ""}})");
  writeHelper("fails", "exit 7");
  writeHelper("nonsense", "echo hello");
  writeHelper("floods", "while :; do echo 0123456789; done");
  EXPECT_THAT(failure("a.io"), HasSubstr("docker-credential-no-such"));
  EXPECT_THAT(failure("b.io"), HasSubstr("docker-credential-fails failed with code 7"));
  EXPECT_THAT(failure("c.io"), HasSubstr("docker-credential-nonsense printed no Username"));
  EXPECT_THAT(failure("d.io"), HasSubstr("'../../bin/sh'"));
  EXPECT_THAT(failure("e.io"), HasSubstr("too much"));
  EXPECT_THAT(failure("f.io"), HasSubstr("''"));
}

TEST_F(CredentialsTest, AHelperThatNeverEndsIsEnded) {
  write(R"({"credHelpers": {"a.io": "waits", "b.io": "closes"}})");
  writeHelper("waits", "exec sleep 1000");
  writeHelper("closes", R"(echo '{"Username": "u"}'; exec >&-; exec sleep 1000)");
  const auto waits = find("a.io", 200ms);
  ASSERT_FALSE(waits);
  EXPECT_THAT(waits.error().message, HasSubstr("in time"));
  EXPECT_FALSE(find("b.io", 200ms)) << "it was ended by a signal";
}

TEST_F(CredentialsTest, AFileThatIsWrongIsNamed) {
  for (const char* json : {"", "[]", "{"}) {
    write(json);
    EXPECT_THAT(failure("r.io"), HasSubstr(directory_.path() + "/config.json"));
  }
  for (const char* auth : {"%%%", "bm9jb2xvbg=="}) {
    write(std::string(R"({"auths": {"r.io": {"auth": ")") + auth + "\"}}}");
    EXPECT_THAT(failure("r.io"), HasSubstr("Base64"));
  }
  for (const char* odd : {R"({"auths": []})", R"({"auths": {"r.io": 1}})", R"({"credsStore": 1})",
                          R"({"credHelpers": {"r.io": {}}})"}) {
    write(odd);
    EXPECT_EQ(find("r.io").value(), std::nullopt) << odd;
  }
}

}  // namespace
}  // namespace wagi::oci
