#include "oci/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::oci {
namespace {

using testing::HasSubstr;

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
      {"oci:R.io/x:1", "oci://R.io/x:1"},
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
                                  std::string("oci://u@h/x"),
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
