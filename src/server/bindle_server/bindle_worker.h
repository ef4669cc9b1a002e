// One worker of `wagi bindle serve`: it answers Bindle's interface until it is told to stop.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "net/http/certificate.h"
#include "server/runner/sockets.h"
#include "supply/bindle/api.h"
#include "supply/bindle/repository.h"

namespace wagi::bindle_server {

// The plan of what all workers of a generation serve, read and checked before they start.
struct Plan {
  bindle::ApiSettings api;
  std::optional<http::CertificatePaths> certificate;  // Absent: plain HTTP.
  std::chrono::milliseconds drain_max{10'000};
};

// Runs as runner::WorkerLoop does; returns the process's exit code. 1 when it couldn't start, with
// the reason in the log. Changes this process's copy of the repository.
int run(const Plan& plan, bindle::Repository& repository, const runner::WorkerSockets& sockets);

}  // namespace wagi::bindle_server
