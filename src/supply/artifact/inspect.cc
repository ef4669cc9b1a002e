#include "supply/artifact/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/printable.h"
#include "base/sha256.h"
#include "guest/engine/application_abi.h"
#include "guest/engine/ticker.h"
#include "supply/artifact/load.h"
#include "supply/artifact/message.h"
#include "supply/artifact/run_guest.h"

namespace wagi::artifact {
namespace {

constexpr std::string_view kRoutesFunction = "_routes";
constexpr std::size_t kStderrBytesMax = 4 << 10;  // As much is quoted when `_routes` fails.
constexpr auto kSlice = std::chrono::milliseconds(10);

// The error where `function`, which is `_routes` or `_initialize`, fails, with the guest's output.
std::unexpected<Error> routesFailed(const std::string& path, std::string_view function,
                                    std::string_view how, const Capture& out, const Capture& err) {
  std::string message = fmt::format("{}: its {} function {}", path, function, how);
  if (!out.text().empty()) {
    message += "\nit printed:" + printableBlock(out.text());
  }
  if (!err.text().empty()) {
    message += "\non stderr:" + printableBlock(err.text());
  }
  return fail(std::move(message));
}

Result<std::string> runRoutes(const engine::Module& module, const std::string& path,
                              const RoutesLimits& limits) {
  const std::array engines{&module.engine()};
  const auto ticker = engine::Ticker::start(engines, kSlice);
  if (!ticker) return std::unexpected(ticker.error());

  // The module's own code runs from here on, for the first time, as the supervisor's user.
  if (auto confined = confineRun(); !confined) return std::unexpected(std::move(confined.error()));
  const Block nothing;
  EmptyInput in;
  Capture out(limits.output_bytes_max, Capture::Overflow::kClose);
  Capture err(kStderrBytesMax, Capture::Overflow::kDrop);
  const wasi::Invocation invocation{nothing, nothing, in, out, err, {}, wasi::realSystem()};
  const engine::EntryPoint routes = module.find(kRoutesFunction);
  engine::Instance instance(module, routes, invocation, limits.memory_bytes_max);
  const auto deadline = std::chrono::steady_clock::now() + limits.wall_max;
  const GuestEnd end = runGuest(instance, {.deadline = deadline, .out = &out});
  const auto failed = [&](std::string_view how) {
    const auto function = instance.initializing() ? engine::kInitializeFunction : kRoutesFunction;
    return routesFailed(path, function, how, out, err);
  };
  if (end == GuestEnd::kDeadline) {
    return failed(fmt::format("didn't end within {} s",
                              std::chrono::duration<double>(limits.wall_max).count()));
  }
  if (end == GuestEnd::kOverflow || out.overflowed()) {
    return failed(fmt::format("printed more than {} bytes", limits.output_bytes_max));
  }
  const engine::Outcome& outcome = instance.outcome();
  switch (outcome.kind) {
    case engine::Outcome::Kind::kExited:
      if (outcome.exit_code == 0 && !outcome.in_initialize) return out.text();
      return failed(fmt::format("exited with code {}", outcome.exit_code));
    case engine::Outcome::Kind::kOutOfMemory:
      return failed("ran out of memory");
    default:
      return failed("failed: " + outcome.message);
  }
}

// Identifies this processor, since compiled code uses its features, and machines may share a cache.
const std::string& processor() {
  static const std::string digest = [] {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with("flags") || line.starts_with("Features")) return sha256Hex(line);
    }
    return std::string();
  }();
  return digest;
}

// The reason why no instance starts with that much memory; "" if one does. The module's own start
// function isn't run, since its success may depend on the request: the instance is left as soon as
// it reaches it.
std::string startFailure(const engine::Module& module, const std::string& entrypoint,
                         std::uint64_t memory_bytes_max) {
  // Wasmtime may make a function of a module's segments, which has two checks of the epoch. In a
  // module without that function, the start function gets as far as its own second check.
  constexpr int kChecksMax = 2;
  const Block nothing;
  EmptyInput in;
  Capture out(0, Capture::Overflow::kDrop);
  const wasi::Invocation invocation{nothing, nothing, in, out, out, {}, wasi::realSystem()};
  const engine::EntryPoint entry = module.find(entrypoint);
  engine::Instance instance(module, entry, invocation, memory_bytes_max,
                            /*kept=*/nullptr, engine::Instance::Yield::kAtEachCheck);
  for (int i = 0; i <= kChecksMax && !instance.instantiated(); ++i) {
    if (!engine::is<engine::Ended>(instance.resume())) continue;
    const bool began = instance.instantiated() || instance.outcome().in_own_code;
    return began ? std::string() : instance.outcome().message;
  }
  return {};
}

// The memory that an inspection needs for instances, which it makes one after the other; 0 is no
// limit.
std::uint64_t runBytesMax(const InspectionRequest& wanted, const RoutesLimits& routes) {
  if (wanted.memory_bytes_max.contains(0)) return 0;
  const auto& all = wanted.memory_bytes_max;
  return std::max(all.empty() ? 0 : *all.rbegin(), routes.memory_bytes_max);
}

// Keeps the facts for recall(), but not those of a module that is mistaken. A failure is ignored,
// since the same can be found out again.
void remember(const StepKey& key, const Cache& cache, const Inspection& facts,
              const std::string& wasm_digest) {
  if (!std::ranges::all_of(facts.starts, [](const auto& start) { return start.second.empty(); })) {
    return;
  }
  const nlohmann::json note{
      {"processor", processor()}, {"wasm", wasm_digest}, {"facts", facts.serialize()}};
  std::ignore = cache.store(key, writeMessage(note));
}

}  // namespace

std::optional<Inspection> recall(const InspectionRequest& wanted, std::string_view module,
                                 const Cache& cache) {
  const auto bytes = cache.read(inspectKey(module));
  if (!bytes) return std::nullopt;
  const auto note = readMessage(*bytes);
  try {
    if (note.at("processor") != processor()) return std::nullopt;
    const auto code = cache.find(compileKey(note.at("wasm").get<std::string>()));
    auto facts = Inspection::deserialize(note.at("facts").get<std::string>());
    if (!code || !facts) return std::nullopt;
    for (const std::uint64_t memory : wanted.memory_bytes_max) {
      if (!facts->starts.contains(memory)) return std::nullopt;
    }
    facts->code = *code;
    return *std::move(facts);
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

std::string Inspection::serialize() const {
  nlohmann::json object{{"code", code},
                        {"commands", commands},
                        {"others", others},
                        {"starts", starts},
                        {"instances", static_cast<int>(instances)},
                        {"why_not_kept", why_not_kept}};
  if (routes) object["routes"] = *routes;
  return writeMessage(object);
}

Result<Inspection> Inspection::deserialize(std::string_view bytes) {
  const auto object = readMessage(bytes);
  try {
    Inspection facts{object.at("code"),        object.at("commands"),
                     object.at("others"),      std::nullopt,
                     object.at("starts"),      object.at("instances").get<engine::Instances>(),
                     object.at("why_not_kept")};
    if (object.contains("routes")) facts.routes = object["routes"].get<std::string>();
    return facts;
  } catch (const nlohmann::json::exception& error) {
    return fail(fmt::format("the report about a module can't be read: {}", error.what()));
  }
}

Result<Inspection> inspect(const InspectionRequest& wanted, std::string module, const Cache& cache,
                           const CompileLimits& limits, const RoutesLimits& routes_limits,
                           const std::function<void(Phase)>& on_phase) {
  const std::string& path = wanted.path;
  std::ignore = processor();  // Read now: later it couldn't be.
  if (auto confined = confineCompiler(cache, limits, runBytesMax(wanted, routes_limits));
      !confined) {
    return fail(fmt::format("the compiler can't be locked down: {}", confined.error().message));
  }
  const StepKey note_key = inspectKey(module);
  const auto wasm = toBinary(std::move(module), path);
  if (!wasm) return std::unexpected(wasm.error());
  engine::Runtimes runtimes(1);
  auto loaded = load(runtimes, cache, *wasm, path, [&](LoadNews news) {
    on_phase(news == LoadNews::kCacheFull ? Phase::kCacheFull : Phase::kCompiling);
  });
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  if (auto bound = artifact::bind(loaded->module, runtimes, path); !bound) {
    return std::unexpected(std::move(bound.error()));
  }
  allowRun();

  Inspection facts;
  facts.code = loaded->code;
  facts.instances = loaded->module.instances();
  facts.why_not_kept = loaded->module.whyNotKept();
  std::string entrypoint;
  for (engine::Export& function : loaded->module.functions()) {
    if (entrypoint.empty()) entrypoint = function.name;
    (function.is_command ? facts.commands : facts.others).push_back(std::move(function.name));
  }
  for (const std::uint64_t memory : wanted.memory_bytes_max) {
    // A module without a function to call needs no instance.
    facts.starts[memory] =
        entrypoint.empty() ? "" : startFailure(loaded->module, entrypoint, memory);
  }
  const bool has_routes =
      std::ranges::find(facts.commands, kRoutesFunction) != facts.commands.end();
  if (!has_routes) {
    remember(note_key, cache, facts, loaded->digest);
  } else if (!wanted.memory_bytes_max.empty()) {
    on_phase(Phase::kRoutes);
    auto routes = runRoutes(loaded->module, path, routes_limits);
    if (!routes) return std::unexpected(std::move(routes.error()));
    facts.routes = *std::move(routes);
  }
  return facts;
}

}  // namespace wagi::artifact
