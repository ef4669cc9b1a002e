#include "server/supervisor/announce.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdio>

#include "base/log.h"
#include "base/say.h"
#include "server/runner/listener.h"
#include "server/supervisor/table.h"

namespace wagi::supervisor {

std::string addressesOf(const worker::Plan& plan) {
  std::string text;
  for (const worker::Listener& listener : plan.listeners) {
    text += text.empty() ? "" : ", ";
    text += runner::addressOf(listener.endpoint, listener.tls.has_value());
  }
  return text;
}

void announceReady(const worker::Plan& plan) {
  const std::string ready = fmt::format("Ready: serving on {}", addressesOf(plan));
  if (logFormat() == LogFormat::kJson) {
    for (const worker::Route& route : plan.routes) {
      spdlog::info("{} is served by {}", route.name(), route.module);
    }
    spdlog::info("{}", ready);
    return;
  }
  printOutput(fmt::format("{}{}\n", tableOf(plan, Detail::kShort), ready));
  std::fflush(stdout);
}

void logWarnings(const Diagnostics& warnings) {
  for (const config::Diagnostic& warning : warnings) spdlog::warn("{}", warning.text());
}

void logMistakes(const Diagnostics& mistakes) {
  for (const config::Diagnostic& mistake : mistakes) spdlog::error("{}", mistake.text());
}

}  // namespace wagi::supervisor
