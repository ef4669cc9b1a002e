#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "supply/trust/key.h"
#include "supply/trust/payload.h"
#include "supply/trust/policy.h"

namespace wagi::trust {
namespace {

using testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');
constexpr auto kName = "ghcr.io/acme/hello";

// A key made with `openssl genpkey -algorithm ed25519`.
constexpr auto kEd25519 =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJlsinFPQu1UMk8FkYY1etuxqCAb/vAnxgqjZ0PK3g2W\n"
    "-----END PRIVATE KEY-----\n";
// The public part of another key, the example of RFC 8410 10.1.
constexpr auto kOtherEd25519 =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";

Signature signatureBy(const PrivateKey& key, const std::string& digest = kDigest) {
  std::string payload = makePayload(kName, digest);
  std::string bytes = key.sign(payload).value();
  return {std::move(payload), std::move(bytes)};
}

TEST(Key, SignsAndVerifies) {
  for (const PrivateKey& key :
       {PrivateKey::generate().value(), PrivateKey::parse(kEd25519).value()}) {
    const std::string signature = key.sign("message").value();
    EXPECT_TRUE(key.publicKey().verifies("message", signature));
    EXPECT_FALSE(key.publicKey().verifies("massage", signature));
    EXPECT_FALSE(key.publicKey().verifies("message", signature.substr(1)));
    EXPECT_FALSE(key.publicKey().verifies("message", ""));
    EXPECT_FALSE(PrivateKey::generate()->publicKey().verifies("message", signature));
    EXPECT_FALSE(PublicKey::parse(kOtherEd25519)->verifies("message", signature));
    const auto read = PrivateKey::parse(key.privatePem().value());
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(
        PublicKey::parse(key.publicPem().value())->verifies("more", read->sign("more").value()));
  }
}

TEST(Key, WhatIsNoneIsExplained) {
  EXPECT_THAT(PublicKey::parse("nonsense").error().message, HasSubstr("BEGIN PUBLIC KEY"));
  EXPECT_THAT(PublicKey::parse(kEd25519).error().message, HasSubstr("private key"));
  EXPECT_THAT(PrivateKey::parse(kOtherEd25519).error().message, HasSubstr("BEGIN PRIVATE KEY"));
  EXPECT_THAT(PrivateKey::parse("-----BEGIN ENCRYPTED PRIVATE KEY-----\n").error().message,
              HasSubstr("encrypted"));
  EXPECT_FALSE(PublicKey::parse("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"));
}

TEST(Payload, IsAboutOneDigest) {
  const std::string payload = makePayload(kName, kDigest);
  EXPECT_TRUE(checkPayload(payload, kDigest));
  const std::string other = "sha256:" + std::string(64, 'b');
  EXPECT_THAT(checkPayload(payload, other).error().message, HasSubstr(kDigest));
  for (const char* bad :
       {"", "{", "[]", "null", "{\"critical\": []}", R"({"critical": {"type": 1}})",
        R"({"critical": {"type": "cosign container image signature"}})",
        R"({"critical": {"type": "another"}})"}) {
    EXPECT_FALSE(checkPayload(bad, kDigest)) << bad;
  }
}

class PolicyTest : public testing::Test {
 protected:
  PolicyTest() {
    policy_.add("acme", acme_.publicKey());
    policy_.add("ops", ops_.publicKey());
    policy_.add({"ghcr.io/acme/*", {"acme"}});
  }
  const PrivateKey acme_ = PrivateKey::generate().value();
  const PrivateKey ops_ = PrivateKey::generate().value();
  Policy policy_;
};

TEST_F(PolicyTest, ANameThatNoRuleMatchesNeedsNothing) {
  EXPECT_FALSE(policy_.needsSignature("ghcr.io/other/hello"));
  EXPECT_TRUE(policy_.check("ghcr.io/other/hello", kDigest, {}));
}

TEST_F(PolicyTest, ASignatureByTheRightKey) {
  EXPECT_TRUE(policy_.needsSignature(kName));
  EXPECT_TRUE(policy_.check(kName, kDigest, {signatureBy(acme_)}));
  EXPECT_TRUE(policy_.check(kName, kDigest, {signatureBy(ops_), signatureBy(acme_)}));
}

TEST_F(PolicyTest, WithoutASignature) {
  const auto checked = policy_.check(kName, kDigest, {});
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr("acme"));
  EXPECT_THAT(checked.error().message, HasSubstr("no signature"));
}

TEST_F(PolicyTest, ByAnotherKeyOrOfSomethingElse) {
  EXPECT_FALSE(policy_.check(kName, kDigest, {signatureBy(ops_)}));
  const std::string other = "sha256:" + std::string(64, 'b');
  const auto checked = policy_.check(kName, kDigest, {signatureBy(acme_, other)});
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, HasSubstr(other));
  // A good signature beside a payload that isn't the signed one.
  Signature swapped = signatureBy(acme_, other);
  swapped.payload = makePayload(kName, kDigest);
  EXPECT_FALSE(policy_.check(kName, kDigest, {swapped}));
}

TEST_F(PolicyTest, EveryRuleThatMatchesHolds) {
  policy_.add({"*", {"ops"}});
  EXPECT_FALSE(policy_.check(kName, kDigest, {signatureBy(acme_)}));
  EXPECT_FALSE(policy_.check(kName, kDigest, {signatureBy(ops_)}));
  EXPECT_TRUE(policy_.check(kName, kDigest, {signatureBy(ops_), signatureBy(acme_)}));
}

TEST(Matches, StarsStandForAnything) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*", "a/b"));
  EXPECT_TRUE(matches("a", "a"));
  EXPECT_TRUE(matches("h/*/c", "h/a/b/c"));
  EXPECT_TRUE(matches("a*b*c", "a123b456bc"));
  EXPECT_TRUE(matches("a**", "a"));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_FALSE(matches("a", ""));
  EXPECT_FALSE(matches("ghcr.io/acme/*", "ghcr.io/acmeevil/x"));
  EXPECT_FALSE(matches("*c", "ab"));
}

}  // namespace
}  // namespace wagi::trust
