// A modules.toml, and the same bytes as a cache.toml and an env file: what isn't read is explained,
// and what is read is fit for use.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fuzzing.h"
#include "config/cache_file.h"
#include "config/config.h"
#include "config/env_file.h"
#include "guest/gateway/argv.h"
#include "routing/pattern.h"

using namespace wagi::config;
using wagi::require;

namespace {

void requireMistakes(const std::vector<Diagnostic>& mistakes) {
  require(!mistakes.empty());
  for (const Diagnostic& mistake : mistakes) {
    require(!mistake.message.empty());
    require((mistake.place.line == 0) == (mistake.place.column == 0));
  }
}

void requireVariables(const std::vector<EnvPair>& variables) {
  for (const auto& [name, value] : variables) require(checkVariable(name, value).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto config = parse(text, "m.toml")) {
    require(!config->modules.empty());
    requireVariables(config->server.environment);
    for (const Module& module : config->modules) {
      require(wagi::routing::Pattern::parse(module.route).has_value());
      require(!module.module.empty() && !module.entrypoint.empty());
      require(!module.argv || wagi::gateway::checkArgv(*module.argv));
      requireVariables(module.environment);
      for (const Volume& volume : module.volumes) require(!volume.guest.empty());
    }
  } else {
    requireMistakes(config.error());
  }
  if (const auto cache = parseCacheFile(text, "cache.toml"); !cache) requireMistakes(cache.error());
  if (const auto variables = parseEnvFile(text, ".env")) {
    requireVariables(*variables);
  } else {
    requireMistakes(variables.error());
  }
  return 0;
}
