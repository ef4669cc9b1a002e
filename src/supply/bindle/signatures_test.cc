#include "supply/bindle/signatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/base64.h"
#include "supply/bindle/ed25519.h"
#include "supply/bindle/testing.h"

namespace wagi::bindle {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kNow = 1'700'000'000;

std::string fromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

// The secret key of RFC 8032 7.1, TEST 1.
const std::string kSecret =
    fromHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");

SecretKey keyNamed(const std::string& label, std::vector<Role> roles) {
  auto key = generateKey(label, std::move(roles));
  EXPECT_TRUE(key);
  return *std::move(key);
}

Keyring keyringOf(const std::vector<SecretKey>& keys) {
  Keyring keyring;
  for (const SecretKey& key : keys) keyring.keys.push_back(publicEntryOf(key).value());
  return keyring;
}

Invoice signedBy(const std::vector<std::pair<SecretKey, Role>>& signers) {
  Invoice invoice = invoiceNamed("a");
  invoice.parcels = {parcelOf("x", "x"), parcelOf("y", "y")};
  for (const auto& [key, role] : signers) EXPECT_TRUE(sign(invoice, key, role, kNow));
  return invoice;
}

TEST(Ed25519, IsThatOfTheStandard) {
  EXPECT_EQ(publicKeyOf(kSecret).value(),
            fromHex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"));
  EXPECT_EQ(signBytes(kSecret, "").value(),
            fromHex("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33b"
                    "acc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"));
  const std::string key = publicKeyOf(kSecret).value();
  const std::string signature = signBytes(kSecret, "a").value();
  EXPECT_TRUE(isSignedBy(key, "a", signature));
  EXPECT_FALSE(isSignedBy(key, "b", signature));
  EXPECT_FALSE(isSignedBy(key.substr(1), "a", signature));
  EXPECT_FALSE(isSignedBy(key, "a", signature.substr(1)));
}

TEST(Signatures, SignTheseLines) {
  Invoice invoice = invoiceNamed("example.com/hello", "1.2.3");
  invoice.parcels = {parcelOf("empty", ""), parcelOf("abc", "abc")};
  EXPECT_EQ(signedText(invoice, "Me <me@example.com>", Role::kApprover),
            "Me <me@example.com>\n"
            "example.com/hello\n"
            "1.2.3\n"
            "approver\n"
            "~\n"
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(signedText(invoiceNamed("a"), "b", Role::kHost), "b\na\n1.0.0\nhost\n~");
}

TEST(Signatures, AreWhatOthersMakeOfTheSameLines) {
  Invoice invoice = invoiceNamed("example.com/hello", "1.2.3");
  invoice.parcels = {parcelOf("empty", ""), parcelOf("abc", "abc")};
  const SecretKey key{"Me <me@example.com>", {Role::kCreator}, kSecret};
  ASSERT_TRUE(sign(invoice, key, Role::kCreator, kNow));
  const Signature& signature = invoice.signatures.at(0);
  EXPECT_EQ(signature.by, "Me <me@example.com>");
  EXPECT_EQ(signature.key, "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
  EXPECT_EQ(signature.at, kNow);
  // The expected signature is another implementation's (Python's integers, after RFC 8032 5.1.6).
  EXPECT_EQ(
      signature.signature,
      "XloKFDqxKOzWMBDaBIjQLpeYZLY5w2+Lr+tx9QPZoBk6Bg4CzzxyvxlPc3lQA94c/9WfMgabhAc5vVex1f4lCQ==");
}

TEST(Signatures, AKeySignsOnce) {
  const SecretKey key = keyNamed("me", {Role::kCreator, Role::kHost});
  Invoice invoice = signedBy({{key, Role::kCreator}});
  const auto again = sign(invoice, key, Role::kHost, kNow);
  ASSERT_FALSE(again);
  EXPECT_THAT(again.error().message, HasSubstr("signs an invoice once"));
  invoice.signatures.push_back(invoice.signatures[0]);
  EXPECT_FALSE(verify(invoice, {}, keyringOf({key})));
}

TEST(Signatures, ProtectNameVersionRoleAndParcels) {
  const SecretKey key = keyNamed("me", {Role::kCreator, Role::kApprover});
  const Keyring keyring = keyringOf({key});
  const Invoice invoice = signedBy({{key, Role::kCreator}});
  EXPECT_TRUE(verify(invoice, {}, keyring));
  Invoice other = invoice;
  other.id.name = "b";
  EXPECT_FALSE(verify(other, {}, keyring));
  other = invoice;
  other.id.version = "1.0.1";
  EXPECT_FALSE(verify(other, {}, keyring));
  other = invoice;
  other.signatures[0].role = Role::kApprover;
  EXPECT_FALSE(verify(other, {Strategy::Kind::kAuthoritative, {}}, keyring));
  other = invoice;
  other.signatures[0].by = "you";
  EXPECT_FALSE(verify(other, {}, keyring));
  other = invoice;
  std::swap(other.parcels[0], other.parcels[1]);
  EXPECT_FALSE(verify(other, {}, keyring));
  other = invoice;
  other.parcels.pop_back();
  EXPECT_FALSE(verify(other, {}, keyring));
  other = invoice;
  other.parcels[0].label.name = "renamed";  // A name isn't signed, nor is the time.
  other.signatures[0].at = 1;
  EXPECT_TRUE(verify(other, {}, keyring));
}

TEST(Signatures, AreRefusedWhereTheyAreMissingUnknownOrOfAnotherRole) {
  const SecretKey key = keyNamed("me", {Role::kCreator});
  const SecretKey stranger = keyNamed("stranger", {Role::kCreator});
  const auto none = verify(invoiceNamed("a"), {}, keyringOf({key}));
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("isn't signed"));
  EXPECT_FALSE(verify(signedBy({{stranger, Role::kCreator}}), {}, keyringOf({key})));
  // A key that the keyring grants another role only.
  const SecretKey host = keyNamed("host", {Role::kHost});
  EXPECT_FALSE(verify(signedBy({{host, Role::kCreator}}), {}, keyringOf({host})));
}

TEST(Strategies, DemandWhatTheySay) {
  using Kind = Strategy::Kind;
  const SecretKey creator = keyNamed("creator", {Role::kCreator});
  const SecretKey approver = keyNamed("approver", {Role::kApprover});
  const SecretKey host = keyNamed("host", {Role::kHost});
  const SecretKey stranger = keyNamed("stranger", {Role::kHost});
  const Keyring keyring = keyringOf({creator, approver, host});
  const auto holds = [&](const Invoice& invoice, Kind kind, std::vector<Role> roles = {}) {
    return verify(invoice, {kind, std::move(roles)}, keyring).has_value();
  };
  const Invoice by_creator = signedBy({{creator, Role::kCreator}});
  const Invoice by_approver = signedBy({{approver, Role::kApprover}});
  const Invoice by_all =
      signedBy({{creator, Role::kCreator}, {approver, Role::kApprover}, {host, Role::kHost}});
  const Invoice hosted_elsewhere = signedBy({{creator, Role::kCreator}, {stranger, Role::kHost}});
  Invoice with_bad = hosted_elsewhere;
  with_bad.signatures[1].signature = with_bad.signatures[0].signature;

  EXPECT_TRUE(holds(by_creator, Kind::kCreative));
  EXPECT_FALSE(holds(by_approver, Kind::kCreative));
  EXPECT_TRUE(holds(with_bad, Kind::kCreative));

  EXPECT_TRUE(holds(by_creator, Kind::kAuthoritative));
  EXPECT_TRUE(holds(by_approver, Kind::kAuthoritative));
  EXPECT_FALSE(holds(signedBy({{host, Role::kHost}}), Kind::kAuthoritative));

  EXPECT_TRUE(holds(by_creator, Kind::kGreedy));
  EXPECT_TRUE(holds(hosted_elsewhere, Kind::kGreedy));
  EXPECT_FALSE(holds(with_bad, Kind::kGreedy));
  EXPECT_FALSE(holds(by_approver, Kind::kGreedy));

  EXPECT_TRUE(holds(by_all, Kind::kExhaustive));
  EXPECT_FALSE(holds(hosted_elsewhere, Kind::kExhaustive));

  EXPECT_TRUE(holds(by_all, Kind::kMultiple, {Role::kCreator, Role::kHost}));
  EXPECT_FALSE(holds(by_creator, Kind::kMultiple, {Role::kCreator, Role::kHost}));
  EXPECT_FALSE(holds(hosted_elsewhere, Kind::kMultiple, {Role::kCreator, Role::kHost}));
  EXPECT_TRUE(holds(with_bad, Kind::kMultiple, {Role::kCreator}));
  EXPECT_FALSE(holds(with_bad, Kind::kMultipleGreedy, {Role::kCreator}));
  EXPECT_TRUE(holds(hosted_elsewhere, Kind::kMultipleGreedy, {Role::kCreator}));
}

TEST(Strategies, HaveNames) {
  using Kind = Strategy::Kind;
  EXPECT_EQ(parseStrategy("GreedyVerification")->kind, Kind::kGreedy);
  EXPECT_EQ(parseStrategy(" creativeintegrity ")->kind, Kind::kCreative);
  const auto several = parseStrategy("MultipleAttestationGreedy[Creator, host]");
  ASSERT_TRUE(several);
  EXPECT_EQ(several->kind, Kind::kMultipleGreedy);
  EXPECT_EQ(several->roles, (std::vector<Role>{Role::kCreator, Role::kHost}));
  for (const char* text : {"", "Greedy", "MultipleAttestation", "MultipleAttestation[",
                           "MultipleAttestation[]", "MultipleAttestation[boss]",
                           "GreedyVerification[creator]", "MultipleAttestation[creator"}) {
    EXPECT_FALSE(parseStrategy(text)) << text;
  }
}

TEST(Keys, AreReadAsTheyAreWritten) {
  const SecretKey key = keyNamed("me", {Role::kCreator, Role::kProxy});
  const auto again = parseSecretKeys(writeSecretKeys({key}).value(), "keys");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->at(0).label, "me");
  EXPECT_EQ(again->at(0).secret, key.secret);
  EXPECT_TRUE(again->at(0).has(Role::kProxy));
  EXPECT_FALSE(again->at(0).has(Role::kHost));
  const Keyring keyring = keyringOf({key});
  for (const Format format : {Format::kToml, Format::kJson}) {
    const auto read = parseKeyring(write(valueOf(keyring), format), format, "keyring");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(valueOf(*read), valueOf(keyring));
  }
}

TEST(Keys, OfWhichSomethingIsWrongAreRefused) {
  const std::string good =
      write(valueOf(keyringOf({keyNamed("me", {Role::kCreator})})), Format::kToml);
  ASSERT_TRUE(parseKeyring(good, Format::kToml, "k"));
  std::string renamed = good;
  renamed.replace(renamed.find("\"me\""), 4, "\"us\"");
  const auto stolen = parseKeyring(renamed, Format::kToml, "k");
  ASSERT_FALSE(stolen);
  EXPECT_THAT(stolen.error().message, HasSubstr("somebody else named this key"));
  for (const char* text :
       {"", "version = \"2.0\"", "version = \"1.0\"\n[[key]]\nlabel = \"a\"\nkey = \"AAAA\"\n",
        "version = \"1.0\"\n[[key]]\nlabel = \"a\"\nroles = [\"boss\"]\n"}) {
    EXPECT_FALSE(parseKeyring(text, Format::kToml, "k")) << text;
  }
  std::string swapped(64, 'x');
  EXPECT_FALSE(
      parseSecretKeys("version = \"1.0\"\n[[key]]\nlabel = \"a\"\nroles = []\nkeypair = \"" +
                          encodeBase64(swapped) + "\"\n",
                      "k"));
}

}  // namespace
}  // namespace wagi::bindle
