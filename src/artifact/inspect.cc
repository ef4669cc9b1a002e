#include "artifact/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "artifact/load.h"
#include "artifact/run_guest.h"
#include "base/child.h"
#include "base/sha256.h"
#include "engine/application_abi.h"
#include "engine/ticker.h"
#include "lockdown/lockdown.h"

namespace wagi::artifact {
namespace {

constexpr std::string_view kRoutesFunction = "_routes";
constexpr std::size_t kStderrBytesMax = 4 << 10;  // Quoted when `_routes` fails.
constexpr auto kSlice = std::chrono::milliseconds(10);

// How `function`, which is `_routes` or comes before it, failed, with what was printed.
std::unexpected<Error> routesFailed(const std::string& path, std::string_view function,
                                    std::string_view how, const Capture& out, const Capture& err) {
  std::string message = fmt::format("{}: its {} function {}", path, function, how);
  constexpr std::size_t kQuotedBytes = 500;
  if (!out.text().empty()) {
    message += fmt::format("\nit printed: {}", out.text().substr(0, kQuotedBytes));
  }
  if (!err.text().empty()) {
    message += fmt::format("\non stderr: {}", err.text().substr(0, kQuotedBytes));
  }
  return fail(std::move(message));
}

Result<std::string> runRoutes(const engine::Module& module, const std::string& path,
                              const RoutesLimits& limits) {
  const std::array engines{&module.engine()};
  const auto ticker = engine::Ticker::start(engines, kSlice);
  if (!ticker) return std::unexpected(ticker.error());

  // The first code of the module's own, in a process that the supervisor's user runs.
  if (!writesCounts()) {
    const auto locked =
        lockdown::lockDown({.user = {}, .folders = {}, .calls = lockdown::Calls::kNoFiles});
    if (!locked) return std::unexpected(locked.error());
  }
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
    return failed(fmt::format("didn't end within {} s", limits.wall_max.count() / 1000.0));
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

// Compiled code uses what the processor can do, and a cache may be shared by several.
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

// Of a module's file as it is, text or binary; empty where it can't be read.
std::string noteKeyOf(const std::string& path) {
  const auto bytes = readFile(path, kModuleBytesMax);
  return bytes ? Cache::keyOf(*bytes) : std::string();
}

// The key of compiled code, from its path in the cache.
std::string codeKeyOf(const std::string& code) { return std::filesystem::path(code).stem(); }

void remember(const std::string& note_key, const Cache& cache, const Facts& facts) {
  const nlohmann::json note{
      {"processor", processor()}, {"code", codeKeyOf(facts.code)}, {"facts", facts.serialize()}};
  std::string bytes;
  nlohmann::json::to_cbor(note, bytes);
  cache.storeNote(note_key, bytes);
}

}  // namespace

std::optional<Facts> recall(const std::string& path, const Cache& cache) {
  const auto bytes = cache.findNote(noteKeyOf(path));
  if (!bytes) return std::nullopt;
  const auto note = nlohmann::json::from_cbor(*bytes, /*strict=*/true, /*allow_exceptions=*/false);
  try {
    if (note.at("processor") != processor()) return std::nullopt;
    const auto code = cache.find(note.at("code").get<std::string>());
    auto facts = Facts::deserialize(note.at("facts").get<std::string>());
    if (!code || !facts) return std::nullopt;
    facts->code = *code;
    return *std::move(facts);
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

std::string Facts::serialize() const {
  nlohmann::json object{{"code", code}, {"commands", commands}, {"others", others}};
  if (routes) object["routes"] = *routes;
  std::string bytes;
  nlohmann::json::to_cbor(object, bytes);  // Not JSON: what a guest prints needn't be UTF-8.
  return bytes;
}

Result<Facts> Facts::deserialize(std::string_view bytes) {
  const auto object = nlohmann::json::from_cbor(bytes, /*strict=*/true, /*allow_exceptions=*/false);
  try {
    Facts facts{object.at("code"), object.at("commands"), object.at("others"), std::nullopt};
    if (object.contains("routes")) facts.routes = object["routes"].get<std::string>();
    return facts;
  } catch (const nlohmann::json::exception& error) {
    return fail(fmt::format("the report about a module can't be read: {}", error.what()));
  }
}

Result<Facts> inspect(const std::string& path, const Cache& cache, const RoutesLimits& limits,
                      const std::function<void(Phase)>& on_phase) {
  const std::string note_key = noteKeyOf(path);
  const auto engine = engine::Engine::create(engine::Engine::Allocation::kOnDemand, 1);
  if (!engine) return std::unexpected(engine.error());
  const auto host = engine::Host::create(*engine);
  if (!host) return std::unexpected(host.error());
  auto loaded = load(*engine, cache, path, [&] { on_phase(Phase::kCompiling); });
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  if (auto bound = bind(loaded->module, *host, path); !bound) {
    return std::unexpected(std::move(bound.error()));
  }

  Facts facts;
  facts.code = loaded->code;
  for (engine::Export& function : loaded->module.functions()) {
    (function.is_command ? facts.commands : facts.others).push_back(std::move(function.name));
  }
  if (std::ranges::find(facts.commands, kRoutesFunction) != facts.commands.end()) {
    on_phase(Phase::kRoutes);
    auto routes = runRoutes(loaded->module, path, limits);
    if (!routes) return std::unexpected(std::move(routes.error()));
    facts.routes = *std::move(routes);
  } else if (!note_key.empty() && note_key == noteKeyOf(path)) {  // It didn't change meanwhile.
    remember(note_key, cache, facts);
  }
  return facts;
}

}  // namespace wagi::artifact
