#include "supply/bindle/load.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "base/child.h"
#include "base/clock.h"
#include "base/file.h"
#include "net/http/server.h"
#include "net/loop/loop.h"
#include "supply/bindle/api.h"
#include "supply/bindle/standalone.h"
#include "supply/bindle/testing.h"

namespace wagi::bindle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

const std::string kModule("\0asm\1\0\0\0", 8);

// An invoice of a module and a file for it.
Invoice helloInvoice() {
  Invoice invoice = invoiceNamed("hello", "1.2.3");
  invoice.groups = {groupNamed("files")};
  Parcel module = moduleOf("hello.wasm", kModule, "/");
  module.required_groups = {"files"};
  invoice.parcels = {module, assetOf("css/style.css", "body {}", "files"),
                     parcelOf("unused", "unused")};
  return invoice;
}

// A `wagi bindle serve` in a child, of the repository that the test has filled before.
class ServerProcess {
 public:
  explicit ServerProcess(Repository& repository) {
    UniqueFd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket.get(), 16), 0);
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = fmt::format("http://127.0.0.1:{}/v1", ntohs(address.sin_port));
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    boost::asio::io_context loop{1};
    ApiSettings settings;
    settings.host_key = generateKey("host", {Role::kHost}).value();
    Api api(repository, std::move(settings));
    const SystemClock clock;
    loop::Loop waits(loop, clock);
    http::Server server(waits, api, {});
    server.listen(std::move(socket), nullptr);
    loop.run();
    exitChild(0);
  }
  ~ServerProcess() { stop(); }

  [[nodiscard]] Server server() const {
    return {.url = url_, .back_off = std::chrono::milliseconds(1)};
  }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  std::string url_;
  pid_t pid_ = -1;
};

class Load : public ::testing::Test {
 protected:
  Load()
      : directory_(TemporaryDirectory::create("load").value()),
        store_(store::Store::open(path("store")).value()) {}

  [[nodiscard]] std::string path(const std::string& name) const {
    return directory_.path() + "/" + name;
  }
  void writeFolder(const Invoice& invoice, const std::vector<std::string>& contents) const {
    const std::string folder = path("bindles/" + invoice.id.folder());
    fs::create_directories(folder + "/parcels");
    std::ofstream(folder + "/invoice.toml") << write(invoice, Format::kToml);
    for (const std::string& content : contents) {
      std::ofstream(fmt::format("{}/parcels/{}.dat", folder, sha256Hex(content))) << content;
    }
  }
  [[nodiscard]] Source folder() const { return {.from = Source::Folder{path("bindles")}}; }
  [[nodiscard]] Result<Loaded> loadHello(const Source& source) const {
    return load({"hello", "1.2.3"}, source, store_, {});
  }
  [[nodiscard]] static std::string mistake(const Result<Loaded>& loaded) {
    EXPECT_FALSE(loaded);
    return loaded ? "" : loaded.error().message;
  }

  const TemporaryDirectory directory_;
  const store::Store store_;
};

TEST_F(Load, OfAFolderBringsWhatIsServedIntoTheStore) {
  writeFolder(helloInvoice(), {kModule, "body {}"});  // A parcel that isn't served is missing.
  const auto loaded = loadHello(folder());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_THAT(loaded->warnings, IsEmpty());
  ASSERT_EQ(loaded->handlers.size(), 1U);
  const Handler& handler = loaded->handlers[0];
  EXPECT_EQ(readFile(*store_.find(handler.module), 100).value(), kModule);
  EXPECT_EQ(readFile(handler.tree + "/css/style.css", 100).value(), "body {}");
  const auto name = store_.recall("bindle:hello/1.2.3");
  ASSERT_TRUE(name);
  EXPECT_THAT(name->trees, ElementsAre(handler.tree));
  EXPECT_THAT(name->blobs, ::testing::UnorderedElementsAre(name->digest, sha256Hex(kModule),
                                                           sha256Hex("body {}")));
}

TEST_F(Load, OfAFolderNamesWhatIsMissingOrWrong) {
  EXPECT_THAT(mistake(loadHello(folder())), HasSubstr("hello/1.2.3 isn't in"));
  writeFolder(helloInvoice(), {kModule});
  EXPECT_THAT(mistake(loadHello(folder())), HasSubstr("the parcel \"css/style.css\""));
  const std::string parcel = fmt::format("{}/bindles/{}/parcels/{}.dat", directory_.path(),
                                         helloInvoice().id.folder(), sha256Hex("body {}"));
  std::ofstream(parcel) << "body []";
  EXPECT_THAT(mistake(loadHello(folder())), HasSubstr("expected the digest sha256:"));
  EXPECT_FALSE(store_.find(sha256Hex("body {}")));
  EXPECT_FALSE(store_.find(sha256Hex("body []")));
  EXPECT_TRUE(fs::is_empty(path("store/partial")));
  EXPECT_FALSE(store_.recall("bindle:hello/1.2.3"));
}

TEST_F(Load, RefusesAYankedFolder) {
  Invoice invoice = helloInvoice();
  invoice.yanked = true;
  writeFolder(invoice, {kModule, "body {}"});
  EXPECT_THAT(mistake(loadHello(folder())), HasSubstr("is yanked"));
}

TEST_F(Load, AsksForTrustedSignatures) {
  const SecretKey key = generateKey("me", {Role::kCreator}).value();
  Invoice invoice = helloInvoice();
  Source source = folder();
  source.trust = Trust{{}, Keyring{{publicEntryOf(key).value()}}};
  writeFolder(invoice, {kModule, "body {}"});
  EXPECT_THAT(mistake(loadHello(source)), HasSubstr("isn't signed"));
  ASSERT_TRUE(sign(invoice, key, Role::kCreator, 1));
  writeFolder(invoice, {});
  EXPECT_TRUE(loadHello(source));
  source.trust = Trust{};
  EXPECT_THAT(mistake(loadHello(source)), HasSubstr("isn't in the keyring"));
}

class LoadFromServer : public Load {
 protected:
  LoadFromServer() : repository_(Repository::open(path("server")).value()) {
    EXPECT_TRUE(repository_.create(helloInvoice()));
    for (const std::string& content : {kModule, std::string("body {}")}) {
      EXPECT_TRUE(repository_.store().put(content));
    }
  }
  Repository repository_;
};

TEST_F(LoadFromServer, BringsWhatIsServedIntoTheStore) {
  const ServerProcess server(repository_);
  std::uint64_t done = 0;
  std::uint64_t all = 0;
  const auto loaded = load({"hello", "1.2.3"}, {.from = server.server()}, store_,
                           [&](std::uint64_t so_far, std::optional<std::uint64_t> total) {
                             EXPECT_GE(so_far, done);
                             done = so_far;
                             all = total.value_or(0);
                           });
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(readFile(loaded->handlers.at(0).tree + "/css/style.css", 100).value(), "body {}");
  EXPECT_EQ(all, kModule.size() + 7);
  EXPECT_EQ(done, all);
}

TEST_F(LoadFromServer, ServesTheStoredCopyWhereNobodyAnswers) {
  ServerProcess server(repository_);
  Source source{.from = server.server()};
  const auto first = loadHello(source);
  ASSERT_TRUE(first) << first.error().message;
  server.stop();
  const auto again = loadHello(source);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_THAT(again->warnings, ElementsAre(HasSubstr("the stored copy of hello/1.2.3 is served")));
  EXPECT_EQ(again->handlers.at(0).tree, first->handlers.at(0).tree);
  source.offline = true;
  const auto offline = loadHello(source);
  ASSERT_TRUE(offline);
  EXPECT_THAT(offline->warnings, IsEmpty());
  EXPECT_THAT(mistake(load({"other", "1.0.0"}, source, store_, {})),
              HasSubstr("isn't in the store"));
  // A stored copy needs the signatures, too.
  source.trust = Trust{};
  EXPECT_FALSE(loadHello(source));
  source.trust.reset();
  store_.drop(sha256Hex(kModule));
  EXPECT_THAT(mistake(loadHello(source)), HasSubstr("the parcel \"hello.wasm\""));
}

TEST_F(LoadFromServer, RefusesWhatIsYankedThoughItIsStored) {
  Source source;
  {
    const ServerProcess server(repository_);
    source.from = server.server();
    ASSERT_TRUE(loadHello(source));
  }
  ASSERT_TRUE(repository_.yank({"hello", "1.2.3"}));
  const ServerProcess server(repository_);
  source.from = server.server();
  EXPECT_THAT(mistake(loadHello(source)), HasSubstr("is yanked"));
}

TEST_F(LoadFromServer, NamesAParcelThatTheServerLost) {
  repository_.store().drop(sha256Hex("body {}"));
  const ServerProcess server(repository_);
  EXPECT_THAT(mistake(loadHello({.from = server.server()})),
              HasSubstr("the parcel \"css/style.css\": GET http://127.0.0.1:"));
  EXPECT_FALSE(store_.recall("bindle:hello/1.2.3"));
}

TEST_F(LoadFromServer, KeepsWhatAnEarlierOneOfTheSameInvoiceNeeded) {
  ASSERT_TRUE(repository_.store().put("unused"));
  const ServerProcess server(repository_);
  const auto loaded = loadHello({.from = server.server()});
  ASSERT_TRUE(loaded);
  ASSERT_TRUE(pull({"hello", "1.2.3"}, server.server(), {}, store_, {}));
  const auto name = store_.recall("bindle:hello/1.2.3");
  ASSERT_TRUE(name);
  EXPECT_THAT(name->trees, ElementsAre(loaded->handlers.at(0).tree));
  EXPECT_EQ(name->blobs.size(), 4U);
}

}  // namespace
}  // namespace wagi::bindle
