#include "supply/source/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "supply/artifact/reference.h"
#include "supply/bindle/load.h"
#include "supply/hippo/serve.h"
#include "supply/oci/pull.h"
#include "supply/store/store.h"

namespace wagi::source {
namespace {

using Kind = artifact::Reference::Kind;

class Fetcher {
 public:
  Fetcher(const FetchRequest& request, const store::Store& store, std::int64_t now)
      : request_(request), store_(store), now_(now) {}

  Result<Fetched> run() {
    for (const std::string& reference : request_.references) fetchModule(reference);
    if (request_.bindle) {
      if (auto done = fetchBindle(*request_.bindle); !done) return std::unexpected(done.error());
    }
    if (!request_.project.empty()) {
      if (auto done = fetchProject(); !done) return std::unexpected(done.error());
    }
    return std::move(fetched_);
  }

 private:
  void fetchModule(const std::string& reference) {
    const auto parsed = artifact::parseReference(reference);
    auto path = !parsed                      ? std::unexpected(parsed.error())
                : parsed->kind == Kind::kOci ? pull(reference)
                                             : moduleOfBindle(reference);
    if (path) {
      fetched_.paths[reference] = *std::move(path);
    } else {
      fetched_.errors[reference] = std::move(path.error().message);
    }
  }

  Result<std::string> pull(const std::string& text) {
    const auto reference = oci::parseReference(text);
    if (!reference) return std::unexpected(reference.error());
    auto pulled = oci::pull(*reference, store_, request_.registries, {});
    if (!pulled) return std::unexpected(std::move(pulled.error()));
    warn(std::move(pulled->warnings));
    return std::move(pulled->path);
  }

  // The file of the only module that the bindle "bindle:NAME/VERSION" has.
  Result<std::string> moduleOfBindle(const std::string& reference) {
    const std::string id = reference.substr(reference.find(':') + 1);
    auto loaded = load({.id = id, .url = request_.bindle_servers.at(reference)});
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    if (loaded->handlers.size() != 1) {
      return fail(fmt::format("{}: it has {} modules with a route; serve it as a whole with -b",
                              reference, loaded->handlers.size()));
    }
    return blob(loaded->handlers.front().module);
  }

  Result<void> fetchBindle(const BindleSource& source) {
    auto loaded = load(source);
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    config::Application application;
    for (const bindle::Handler& handler : loaded->handlers) {
      auto module = moduleOf(handler, "bindle " + source.id);
      if (!module) return std::unexpected(std::move(module.error()));
      application.modules.push_back(*std::move(module));
    }
    fetched_.application = std::move(application);
    return {};
  }

  Result<bindle::Loaded> load(const BindleSource& source) {
    const auto id = bindle::parseId(source.id);
    if (!id) return std::unexpected(id.error());
    bindle::Source from{.from = bindle::Source::Folder{source.path}, .offline = request_.offline};
    if (source.path.empty()) {
      auto server = serverOf(source);
      if (!server) return std::unexpected(std::move(server.error()));
      from.from = *std::move(server);
    }
    auto trust = trustOf(source);
    if (!trust) return std::unexpected(std::move(trust.error()));
    from.trust = *std::move(trust);
    auto loaded = bindle::load(*id, from, store_, {});
    if (loaded) warn(std::move(loaded->warnings));
    return loaded;
  }

  static Result<std::optional<bindle::Trust>> trustOf(const BindleSource& source) {
    if (source.keyring.empty()) return std::nullopt;
    auto keyring = bindle::loadKeyring(source.keyring);
    if (!keyring) return std::unexpected(std::move(keyring.error()));
    return bindle::Trust{.strategy = {}, .keyring = *std::move(keyring)};
  }

  static Result<bindle::Server> serverOf(const BindleSource& source) {
    auto server = bindle::serverAt(source.url);
    if (!server) return server;
    server->verify_certificate = !source.insecure;
    if (!source.user.empty()) server->login = {source.user, source.password};
    return server;
  }

  // The module of a handler; messages name `file` in place of a file.
  Result<config::Module> moduleOf(const bindle::Handler& handler, const std::string& file) {
    auto path = blob(handler.module);
    if (!path) return std::unexpected(std::move(path.error()));
    config::Module module;
    module.place = module.module_place = {.file = file};
    module.route = handler.route;
    module.module = *std::move(path);
    module.entrypoint = handler.entrypoint;
    module.argv = handler.argv;
    module.allowed_hosts = handler.allowed_hosts;
    if (handler.tree.empty()) return module;
    module.volumes.push_back(
        {.guest = "/", .host = handler.tree, .read_only = true, .place = module.place});
    return module;
  }

  Result<std::unique_ptr<hippo::Externals>> makeExternals() const {
    using Why = hippo::NoExternals::Why;
    if (!request_.externals) return std::make_unique<hippo::NoExternals>(Why::kNoneNamed);
    const BindleSource& source = *request_.externals;
    if (!source.path.empty()) return std::make_unique<hippo::FolderExternals>(source.path);
    if (request_.offline) return std::make_unique<hippo::NoExternals>(Why::kOffline);
    auto server = serverOf(source);
    if (!server) return std::unexpected(std::move(server.error()));
    return std::make_unique<hippo::ServerExternals>(*std::move(server));
  }

  Result<void> fetchProject() {
    auto trust = trustOf(request_.externals.value_or(BindleSource{}));
    if (!trust) return std::unexpected(std::move(trust.error()));
    const auto externals = makeExternals();
    if (!externals) return std::unexpected(externals.error());
    auto application = hippo::applicationOf(request_.project, store_, **externals, *trust, now_);
    if (!application) return fail(config::text(application.error()));
    fetched_.application = *std::move(application);
    return {};
  }

  Result<std::string> blob(const store::Digest& digest) {
    auto path = store_.find(digest);
    if (!path) return fail(fmt::format("the store has no blob sha256:{}", digest));
    return *std::move(path);
  }

  void warn(std::vector<std::string> warnings) {
    std::ranges::move(warnings, std::back_inserter(fetched_.warnings));
  }

  const FetchRequest& request_;
  const store::Store& store_;
  const std::int64_t now_;
  Fetched fetched_;
};

}  // namespace

Result<Fetched> fetch(const FetchRequest& request, const store::Store& store, std::int64_t now) {
  return Fetcher(request, store, now).run();
}

}  // namespace wagi::source
