#include "supply/bindle/repository.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child_testing.h"
#include "base/file.h"
#include "supply/bindle/parcel_writer.h"
#include "supply/bindle/passwords.h"
#include "supply/bindle/testing.h"
#include "supply/bindle/url.h"

namespace wagi::bindle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class RepositoryTest : public ::testing::Test {
 protected:
  RepositoryTest() : directory_(TemporaryDirectory::create("repository").value()) {}
  [[nodiscard]] Repository open() const { return Repository::open(directory_.path()).value(); }
  const TemporaryDirectory directory_;
};

TEST_F(RepositoryTest, KeepsInvoicesAcrossProcesses) {
  {
    Repository repository = open();
    ASSERT_TRUE(repository.create(invoiceNamed("a", "1.0.0")));
    ASSERT_TRUE(repository.create(invoiceNamed("a", "1.0.1")));
    ASSERT_TRUE(repository.yank({"a", "1.0.1"}));
    EXPECT_FALSE(Repository::open(directory_.path()));  // It is open already.
  }
  const Repository repository = open();
  EXPECT_EQ(repository.size(), 2U);
  EXPECT_FALSE(repository.find({"a", "1.0.0"})->isYanked());
  EXPECT_TRUE(repository.find({"a", "1.0.1"})->isYanked());
  EXPECT_EQ(repository.find({"b", "1.0.0"}), nullptr);
}

TEST_F(RepositoryTest, ProcessesOfOneServerSeeEachOthersChanges) {
  Repository repository = open();
  ASSERT_TRUE(repository.create(invoiceNamed("a", "1.0.0")));
  expectInChild([&] {
    return repository.create(invoiceNamed("b", "1.0.0")) && repository.yank({"a", "1.0.0"}) &&
           repository.find({"b", "1.0.0"}) != nullptr;
  });
  EXPECT_EQ(repository.find({"b", "1.0.0"}), nullptr);
  ASSERT_TRUE(repository.refresh());
  EXPECT_NE(repository.find({"b", "1.0.0"}), nullptr);
  EXPECT_TRUE(repository.find({"a", "1.0.0"})->isYanked());
  EXPECT_EQ(repository.size(), 2U);
}

TEST_F(RepositoryTest, AProcessThatFellBehindReadsAllAnew) {
  Repository repository = open();
  constexpr int kMany = SharedChanges::kKept + 1;
  expectInChild([&] {
    bool fine = true;
    for (int i = 0; i < kMany; ++i) {
      fine = fine && repository.create(invoiceNamed(fmt::format("b{}", i))).has_value();
    }
    return fine;
  });
  ASSERT_TRUE(repository.refresh());
  EXPECT_EQ(repository.size(), kMany);
}

TEST_F(RepositoryTest, OnlyOneOfManyProcessesCreatesAnInvoice) {
  Repository repository = open();
  constexpr int kProcesses = 4;
  constexpr int kInvoices = 20;
  for (int i = 0; i < kProcesses; ++i) {
    if (::fork() != 0) continue;
    int created = 0;
    for (int n = 0; n < kInvoices; ++n) {
      const auto made = repository.create(invoiceNamed(fmt::format("b{}", n)));
      if (!made) ::_exit(255);
      created += *made != nullptr ? 1 : 0;
    }
    ::_exit(created);
  }
  int created = 0;
  for (int i = 0; i < kProcesses; ++i) {
    int status = -1;
    ASSERT_GT(::wait(&status), 0);
    ASSERT_TRUE(WIFEXITED(status));
    created += WEXITSTATUS(status);
  }
  EXPECT_EQ(created, kInvoices);
  ASSERT_TRUE(repository.refresh());
  EXPECT_EQ(repository.size(), static_cast<std::size_t>(kInvoices));
}

TEST_F(RepositoryTest, IsNeverPruned) {
  Repository repository = open();
  Invoice invoice = invoiceNamed("a");
  invoice.parcels = {parcelOf("x", "x")};
  ASSERT_TRUE(repository.store().put("x"));
  ASSERT_TRUE(repository.create(invoice));
  ASSERT_TRUE(repository.store().prune(std::numeric_limits<std::int32_t>::max()));
  EXPECT_TRUE(repository.store().find(sha256Hex("x")));
  EXPECT_EQ(repository.store().names().size(), 1U);
}

TEST_F(RepositoryTest, RefusesAnInvoiceThatItCouldNotReadAgain) {
  Repository repository = open();
  Invoice invoice = invoiceNamed("a");
  invoice.description = std::string(kDocumentBytesMax, 'x');
  const auto created = repository.create(invoice);
  ASSERT_FALSE(created);
  EXPECT_THAT(created.error().message, HasSubstr("at most"));
  EXPECT_EQ(repository.find(invoice.id), nullptr);
}

TEST_F(RepositoryTest, NamesMissingParcelsOnce) {
  Repository repository = open();
  Invoice invoice = invoiceNamed("a");
  invoice.parcels = {parcelOf("x", "x"), parcelOf("x again", "x"), parcelOf("y", "y")};
  const auto missing = repository.missing(invoice);
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_EQ(missing[0].name, "x");
  ASSERT_TRUE(repository.store().put("x"));
  EXPECT_EQ(repository.missing(invoice).size(), 1U);
}

TEST_F(RepositoryTest, BoundsAPageOfLargeInvoices) {
  Repository repository = open();
  for (int i = 0; i < 12; ++i) {
    Invoice invoice = invoiceNamed("large" + std::to_string(i));
    invoice.description = std::string(1 << 20, 'x');
    ASSERT_TRUE(repository.create(invoice));
  }
  Repository::Query query;
  const auto first = repository.search(query);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->invoices.size(), 8U);
  EXPECT_EQ(first->total, 12U);
  EXPECT_TRUE(first->more);
  query.offset = 8;
  const auto second = repository.search(query);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->invoices.size(), 4U);
  EXPECT_FALSE(second->more);
}

class ParcelWriterTest : public RepositoryTest {
 protected:
  using Wait = ParcelWriter::Wait;
  const store::Store store_ = store::Store::open(directory_.path()).value();
  const store::Digest digest_ = sha256Hex("abc");
};

TEST_F(ParcelWriterTest, StoresWhatIsRight) {
  auto writer = ParcelWriter::begin(store_, digest_, 3, Wait::kNo).value();
  ASSERT_TRUE(writer);
  EXPECT_TRUE(writer->write("a"));
  EXPECT_FALSE(store_.find(digest_));
  EXPECT_TRUE(writer->write("bc"));
  EXPECT_TRUE(writer->finish());
  EXPECT_EQ(readFile(*store_.find(digest_), 3).value(), "abc");
}

TEST_F(ParcelWriterTest, LeavesNothingOfWhatIsWrong) {
  const std::string partial = store_.partialPath(digest_).value();
  {
    auto writer = ParcelWriter::begin(store_, digest_, 3, Wait::kNo).value();
    EXPECT_TRUE(writer->write("ab"));
    EXPECT_THAT(writer->finish().error().message, HasSubstr("expected 3 bytes, 2 came"));
    EXPECT_EQ(writer->left(), 1U);
  }
  {
    auto writer = ParcelWriter::begin(store_, digest_, 3, Wait::kNo).value();
    EXPECT_TRUE(writer->write("abd"));
    EXPECT_THAT(writer->finish().error().message, HasSubstr("expected the digest"));
  }
  EXPECT_FALSE(readFile(partial, 10));
  EXPECT_FALSE(store_.find(digest_));
}

TEST_F(ParcelWriterTest, IsAloneWithItsParcel) {
  auto first = ParcelWriter::begin(store_, digest_, 3, Wait::kNo).value();
  ASSERT_TRUE(first);
  EXPECT_FALSE(ParcelWriter::begin(store_, digest_, 3, Wait::kNo).value());
  EXPECT_TRUE(ParcelWriter::begin(store_, sha256Hex("x"), 1, Wait::kNo).value());
  first.reset();
  EXPECT_TRUE(ParcelWriter::begin(store_, digest_, 3, Wait::kNo).value());
  EXPECT_FALSE(ParcelWriter::begin(store_, "../x", 3, Wait::kNo));
}

// The output of `openssl passwd -6 -salt saltsalt secret`.
const std::string kHash =
    "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq."
    "H91p5hVO1";

TEST(Passwords, KnowWhoTheyKnow) {
  auto passwords = Passwords::parse("# a comment\n\nanna:" + kHash + "\r\n", "users");
  ASSERT_TRUE(passwords) << passwords.error().message;
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(passwords->check("anna", "secret"));
    EXPECT_FALSE(passwords->check("anna", "Secret"));
    EXPECT_FALSE(passwords->check("otto", "secret"));
    EXPECT_FALSE(passwords->check("anna:secret", ""));
    EXPECT_FALSE(passwords->check("anna", std::string("secret\0", 7)));
  }
}

TEST(Passwords, RefuseWhatIsNoFileOfThem) {
  for (const std::string text :
       {"", "anna", ":x", "anna:x", "anna:$1$salt$x", "anna:$6$saltsalt$short"}) {
    EXPECT_FALSE(Passwords::parse(text, "users")) << text;
  }
  EXPECT_FALSE(Passwords::parse("anna:" + kHash + "\nanna:" + kHash, "users"));
}

TEST(Url, IsDecodedAndEncoded) {
  EXPECT_EQ(encodePath("k\xc3\xa4se/b c+d@e?f"), "k%C3%A4se/b%20c+d@e%3Ff");
  EXPECT_THAT(*parseQuery("q=a+b%2B&&v&o=1=2"),
              ElementsAre(Pair("q", "a b+"), Pair("v", ""), Pair("o", "1=2")));
  EXPECT_THAT(*parseQuery(""), IsEmpty());
  EXPECT_EQ(parseQuery("q=%x"), std::nullopt);
}

}  // namespace
}  // namespace wagi::bindle
