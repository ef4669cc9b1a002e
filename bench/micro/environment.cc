// Measures how a request's head becomes the guest's arguments and environment.
#include "guest/gateway/environment.h"

#include <span>
#include <string_view>

#include "guest/gateway/arguments.h"
#include "micro.h"

namespace wagi::micro {
namespace {

constexpr std::string_view kScriptName = "/articles";

RequestHead headWith(std::span<const Field> fields) {
  return {.method = "GET",
          .path = "/articles/2026/a%20title",
          .query = "page=2&order=newest",
          .host = "example.com",
          .port = {},
          .protocol = "HTTP/1.1",
          .scheme = "http",
          .remote_address = "192.0.2.7",
          .fields = fields,
          .content_length = std::nullopt,
          .chunked = false};
}

void buildEnvironment(benchmark::State& state, std::span<const Field> fields) {
  const gateway::EnvironmentTemplate environment({"/articles/...", kScriptName}, {}, {});
  const RequestHead head = headWith(fields);
  Block block;
  for (auto _ : state) {
    environment.build(head, head.path.substr(kScriptName.size()), 0, block);
    benchmark::DoNotOptimize(block.bytes.data());
  }
}

void buildArguments(benchmark::State& state) {
  const RequestHead head = headWith(kBrowserFields);
  Block block;
  for (auto _ : state) {
    gateway::buildArguments(std::nullopt, head, block);
    benchmark::DoNotOptimize(block.bytes.data());
  }
}

}  // namespace

std::vector<Benchmark> environmentBenchmarks() {
  return {{"environment/wrk", [](auto& state) { buildEnvironment(state, kShortFields); }},
          {"environment/browser", [](auto& state) { buildEnvironment(state, kBrowserFields); }},
          {"environment/arguments", buildArguments}};
}

}  // namespace wagi::micro
