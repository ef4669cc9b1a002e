#include "server/bindle_server/bindle_worker.h"

#include <spdlog/spdlog.h>

#include "base/file.h"
#include "base/unique_fd.h"
#include "lockdown/lockdown.h"
#include "net/http/tls.h"
#include "server/runner/worker_loop.h"

namespace wagi::bindle_server {
namespace {

class Worker {
 public:
  Worker(const Plan& plan, bindle::Repository& repository, const runner::WorkerSockets& sockets)
      : plan_(plan),
        repository_(repository),
        sockets_(sockets),
        api_(repository, plan.api),
        loop_(api_, {}, sockets, plan.drain_max) {}

  [[nodiscard]] Result<void> start();
  int run() { return loop_.run(); }

 private:
  [[nodiscard]] Result<void> loadCertificate(const http::CertificatePaths& paths);

  const Plan& plan_;
  const bindle::Repository& repository_;
  const runner::WorkerSockets& sockets_;
  bindle::Api api_;
  std::optional<http::ServerCertificate> certificate_;  // The context borrows it.
  std::optional<http::TlsContext> tls_;
  runner::WorkerLoop loop_;
};

Result<void> Worker::loadCertificate(const http::CertificatePaths& paths) {
  auto certificate = http::ServerCertificate::load(paths.cert, paths.key);
  if (!certificate) return std::unexpected(certificate.error());
  certificate_.emplace(*std::move(certificate));
  auto context = http::TlsContext::create({}, *certificate_, nullptr, sockets_.ticket_keys);
  if (!context) return std::unexpected(context.error());
  tls_.emplace(*std::move(context));
  return {};
}

Result<void> Worker::start() {
  if (plan_.certificate) {
    if (auto loaded = loadCertificate(*plan_.certificate); !loaded) return loaded;
  }
  const UniqueFd store = openFolder(repository_.store().directory());
  if (!store) return fail("can't open " + repository_.store().directory());
  const auto report = loop_.start({.user = {},
                                   .folders = {{store.get(), lockdown::Folder::Access::kChange}},
                                   .calls = lockdown::SystemCallList::kStoreServer},
                                  {tls_ ? &*tls_ : nullptr});
  if (!report) return std::unexpected(report.error());
  return {};
}

}  // namespace

int run(const Plan& plan, bindle::Repository& repository, const runner::WorkerSockets& sockets) {
  Worker worker(plan, repository, sockets);
  if (auto started = worker.start(); !started) {
    spdlog::error("worker {} can't start: {}", sockets.index, started.error().message);
    return 1;
  }
  return worker.run();
}

}  // namespace wagi::bindle_server
