// micro [--iterations=N] [--instances=N] [--benchmark_...] [MODULE...]
//
// Each MODULE adds a benchmark of its instances and one of its compilation. --iterations fixes how
// often each benchmark runs its part, so that a tool that counts instructions can take the
// difference of two runs. --instances is the size of the pool, a worker's by default, for tools
// under which a process has less address space.
#include <charconv>
#include <exception>
#include <iostream>

#include "micro.h"
#include "server/worker/worker_context.h"

namespace wagi::micro {
namespace {

struct Arguments {
  std::int64_t iterations = 0;  // 0: as many as google-benchmark needs for a steady time.
  Guests guests{{}, worker::kInstancesMax};
};

// Whether `word` is `flag`, "--name=", with a number over 0 behind it.
template <class T>
bool readNumber(std::string_view word, std::string_view flag, T& number) {
  if (!word.starts_with(flag)) return false;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data() + flag.size(), end, number);
  return error == std::errc() && stop == end && number > 0;
}

bool readArguments(int count, char** words, Arguments& arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (!word.starts_with('-')) {
      arguments.guests.paths.emplace_back(word);
    } else if (!readNumber(word, "--iterations=", arguments.iterations) &&
               !readNumber(word, "--instances=", arguments.guests.instances_max)) {
      return false;
    }
  }
  return true;
}

void registerAll(const Arguments& arguments) {
  for (const auto& benchmarks :
       {answerBenchmarks(), environmentBenchmarks(), exchangeBenchmarks(), requestBenchmarks(),
        routerBenchmarks(), instanceBenchmarks(arguments.guests),
        compileBenchmarks(arguments.guests)}) {
    for (const Benchmark& one : benchmarks) {
      auto* const registered = benchmark::RegisterBenchmark(one.name.c_str(), one.run);
      // The compiler works on all cores, which this thread's CPU time wouldn't show.
      if (one.name.starts_with("compile/")) registered->UseRealTime();
      if (arguments.iterations != 0) registered->Iterations(arguments.iterations);
    }
  }
}

int run(int count, char** words) {
  benchmark::Initialize(&count, words);
  Arguments arguments;
  if (!readArguments(count, words, arguments)) {
    std::cerr << "usage: micro [--iterations=N] [--instances=N] [--benchmark_...] [MODULE...]\n";
    return 2;
  }
  registerAll(arguments);
  return benchmark::RunSpecifiedBenchmarks() == 0 ? 1 : 0;
}

}  // namespace
}  // namespace wagi::micro

int main(int count, char** words) {
  try {
    return wagi::micro::run(count, words);
  } catch (const std::exception& error) {
    std::cerr << "micro: " << error.what() << '\n';
    return 1;
  }
}
