// Measures how bytes of a socket become a request's head.
#include <cstdlib>
#include <span>

#include "micro.h"
#include "net/http/limits.h"
#include "net/http/request_parser.h"

namespace wagi::micro {
namespace {

std::string bytesOf(std::string_view target, std::span<const Field> fields) {
  std::string bytes = "GET " + std::string(target) + " HTTP/1.1\r\n";
  for (const Field& field : fields) {
    bytes.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return bytes + "\r\n";
}

void parse(benchmark::State& state, const std::string& bytes) {
  const http::Limits limits;
  http::RequestParser parser({limits.head_bytes_max, limits.fields_max});
  for (auto _ : state) {
    parser.reset();
    if (parser.parseHead(bytes) != http::RequestParser::State::kDone) std::abort();
    benchmark::DoNotOptimize(parser.head().fields.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes.size()));
}

}  // namespace

std::vector<Benchmark> requestBenchmarks() {
  const auto benchmark = [](std::string name, std::string bytes) {
    return Benchmark{std::move(name),
                     [bytes = std::move(bytes)](auto& state) { parse(state, bytes); }};
  };
  return {benchmark("request/wrk", bytesOf("/", kShortFields)),
          benchmark("request/browser", bytesOf("/articles/2026?page=2", kBrowserFields))};
}

}  // namespace wagi::micro
