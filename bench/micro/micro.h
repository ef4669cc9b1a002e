// Benchmarks of single parts; main.cc registers and runs them.
#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "base/message.h"

namespace wagi::micro {

struct Benchmark {
  std::string name;
  std::function<void(benchmark::State&)> run;
};

struct Guests {
  std::vector<std::string> paths;
  std::size_t instances_max;  // Slots of the pool.
};

[[nodiscard]] std::vector<Benchmark> answerBenchmarks();
[[nodiscard]] std::vector<Benchmark> environmentBenchmarks();
[[nodiscard]] std::vector<Benchmark> exchangeBenchmarks();
[[nodiscard]] std::vector<Benchmark> requestBenchmarks();
[[nodiscard]] std::vector<Benchmark> routerBenchmarks();
// Benchmarks that make an instance of a module, run it to its end, and drop it.
[[nodiscard]] std::vector<Benchmark> instanceBenchmarks(const Guests& guests);
// Benchmarks that compile a module from its binary form to machine code.
[[nodiscard]] std::vector<Benchmark> compileBenchmarks(const Guests& guests);

// The fields that wrk sends, and those that a browser sends.
inline constexpr std::array<Field, 1> kShortFields{{{"Host", "127.0.0.1:3000"}}};
inline constexpr std::array<Field, 14> kBrowserFields{{
    {"Host", "www.example.org"},
    {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"},
    {"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
    {"Accept-Language", "en-US,en;q=0.5"},
    {"Accept-Encoding", "gzip, deflate, br, zstd"},
    {"Referer", "https://www.example.org/articles?page=2"},
    {"Connection", "keep-alive"},
    {"Cookie", "session=0123456789abcdef0123456789abcdef; theme=dark; consent=yes"},
    {"Upgrade-Insecure-Requests", "1"},
    {"Sec-Fetch-Dest", "document"},
    {"Sec-Fetch-Mode", "navigate"},
    {"Sec-Fetch-Site", "same-origin"},
    {"Sec-Fetch-User", "?1"},
    {"Priority", "u=0, i"},
}};

}  // namespace wagi::micro
