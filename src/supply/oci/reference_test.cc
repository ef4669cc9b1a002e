#include "supply/oci/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::oci {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kHex(64, '7');

TEST(ParseReference, Good) {
  const struct {
    std::string text, expected;
  } cases[] = {
      {"oci:ghcr.io/acme/hello:1.0", "oci://ghcr.io/acme/hello:1.0"},
      {"oci://ghcr.io/acme/hello:1.0", "oci://ghcr.io/acme/hello:1.0"},
      {"ghcr.io/acme/hello:1.0", "oci://ghcr.io/acme/hello:1.0"},
      {"oci:localhost:5000/x:1", "oci://localhost:5000/x:1"},
      {"oci:localhost/x", "oci://localhost/x:latest"},
      {"oci:127.0.0.1:5000/a/b/c:t", "oci://127.0.0.1:5000/a/b/c:t"},
      {"oci://[::1]:5000/x:1", "oci://[::1]:5000/x:1"},
      {"oci:hello:1", "oci://docker.io/library/hello:1"},
      {"oci:hello", "oci://docker.io/library/hello:latest"},
      {"oci:acme/hello:1", "oci://docker.io/acme/hello:1"},
      {"oci://acme/hello:1", "oci://acme/hello:1"},
      {"oci:r.io/x@sha256:" + kHex, "oci://r.io/x@sha256:" + kHex},
      {"oci:r.io/x:1@sha256:" + kHex, "oci://r.io/x:1@sha256:" + kHex},
      {"oci:r.io/a_b/c__d/e.f/g---h:A_b.c-d", "oci://r.io/a_b/c__d/e.f/g---h:A_b.c-d"},
      {"oci:R.io/x:1", "oci://r.io/x:1"},
      {"oci:r.io:443/x:1", "oci://r.io:443/x:1"},
      {"oci:index.docker.io/acme/x:1", "oci://docker.io/acme/x:1"},
      {"oci:registry-1.docker.io/library/x:1", "oci://docker.io/library/x:1"},
  };
  for (const auto& [text, expected] : cases) {
    const auto reference = parseReference(text);
    ASSERT_TRUE(reference) << reference.error().message;
    EXPECT_EQ(reference->text(), expected);
    EXPECT_EQ(parseReference(reference->text())->text(), expected) << "what it prints, it reads";
  }
}

TEST(ParseReference, Bad) {
  for (const std::string& text : {std::string(),
                                  std::string("oci:"),
                                  std::string("oci://"),
                                  std::string("oci:///x"),
                                  std::string("oci://host"),
                                  std::string("oci://host/"),
                                  std::string("oci:r.io/X:1"),
                                  std::string("oci:r.io/a//b"),
                                  std::string("oci:r.io/a/"),
                                  std::string("oci:r.io/-a"),
                                  std::string("oci:r.io/a-"),
                                  std::string("oci:r.io/a___b"),
                                  std::string("oci:r.io/a..b"),
                                  std::string("oci:r.io/a._b"),
                                  std::string("oci:r.io/../b"),
                                  std::string("oci:r.io/a b"),
                                  std::string("oci:r.io/x:"),
                                  std::string("oci:r.io/x:-a"),
                                  std::string("oci:r.io/x:a:b"),
                                  std::string("oci:r.io/x:a/b"),
                                  "oci:r.io/x:" + std::string(129, 'a'),
                                  std::string("oci:r.io/x@"),
                                  "oci:r.io/x@sha256:" + kHex + "0",
                                  "oci:r.io/x@sha512:" + kHex,
                                  "oci:r.io/x@" + kHex,
                                  "oci:r.io/x@sha256:" + std::string(64, 'A'),
                                  std::string("oci:r.io:/x"),
                                  std::string("oci:r.io:0/x"),
                                  std::string("oci:r.io:65536/x"),
                                  std::string("oci:r.io:5a/x"),
                                  std::string("oci:r.io:-1/x"),
                                  std::string("oci://127.1:5000/x"),
                                  std::string("oci://0x7f.1/x"),
                                  std::string("oci://2130706433/x"),
                                  std::string("oci://%6cocalhost/x"),
                                  std::string("oci://h./x"),
                                  std::string("oci://h:05000/x"),
                                  std::string("oci://[0::1]/x"),
                                  std::string("oci://[::1%25lo]/x"),
                                  std::string("oci://b\xc3\xbc"
                                              "cher.example/x"),
                                  std::string("oci://-h/x"),
                                  std::string("oci://h..x/x"),
                                  std::string("oci://[x]/x"),
                                  std::string("oci://[::1/x"),
                                  std::string("oci:r.io/x?y"),
                                  std::string("oci:r.io/x\n"),
                                  std::string("oci:r.io/x\0y", 12),
                                  std::string("https://r.io/x"),
                                  "oci:r.io/" + std::string(300, 'a')}) {
    const auto reference = parseReference(text);
    ASSERT_FALSE(reference) << text;
    EXPECT_THAT(reference.error().message, HasSubstr("'" + text + "'"));
  }
}

TEST(Reference, SaysWhatTheRegistryIsAskedFor) {
  EXPECT_EQ(parseReference("r.io/x:1")->target(), "1");
  EXPECT_EQ(parseReference("r.io/x:1@sha256:" + kHex)->target(), "sha256:" + kHex);
  EXPECT_EQ(parseReference("r.io/a/x:1")->name(), "r.io/a/x");
}

// One artifact has one name however it is written, so that a rule about signatures matches all or
// none of these.
TEST(Reference, HasOneNameForOneArtifact) {
  for (const char* text : {"r.io/a/x:1", "R.IO/a/x:1", "r.io:443/a/x:1", "r.io:80/a/x:1"}) {
    EXPECT_EQ(parseReference(text)->name(), "r.io/a/x") << text;
  }
  for (const char* pattern : {"r.io/*", "R.io/*", "r.io:443/*", "r.io:80/*"}) {
    EXPECT_EQ(canonicalPattern(pattern), "r.io/*");
  }
  EXPECT_EQ(canonicalPattern("index.docker.io/acme/*"), "docker.io/acme/*");
  EXPECT_EQ(canonicalPattern("*"), "*");
  EXPECT_EQ(canonicalPattern("r.io:5000*"), "r.io:5000*");
}

TEST(Reference, SaysThatALoginIsNoPartOfIt) {
  for (const char* text :
       {"oci://me:secret@r.io/x:1", "oci://secret@r.io/x", "oci://localhost:secret@r.io/x",
        "oci://localhost\\secret@r.io/x", "oci:localhost:secret@r.io/x:1"}) {
    const auto reference = parseReference(text);
    ASSERT_FALSE(reference) << text;
    EXPECT_THAT(reference.error().message, AllOf(HasSubstr("use `docker login`"),
                                                 HasSubstr("r.io/x"), Not(HasSubstr("secret"))));
  }
}

TEST(Reference, KnowsThisMachine) {
  for (const char* text : {"localhost/x", "localhost:1/x", "127.0.0.1:1/x", "oci://[::1]/x"}) {
    EXPECT_TRUE(parseReference(text)->isLoopback()) << text;
  }
  for (const char* text : {"localhost.evil.com/x", "127.0.0.1.evil.com/x", "x", "oci://[::2]/x"}) {
    EXPECT_FALSE(parseReference(text)->isLoopback()) << text;
  }
}

}  // namespace
}  // namespace wagi::oci
