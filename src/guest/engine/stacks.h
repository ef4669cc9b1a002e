// Stacks for guests, kept for the next one. For one thread.
#pragma once

#include <cstddef>
#include <vector>

#include "guest/engine/wasmtime_extra.h"

namespace wagi::engine {

class Stacks {
 public:
  explicit Stacks(std::size_t bytes) : bytes_(bytes) {}
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;
  ~Stacks();

  // To be given to Wasmtime's configuration; borrows this.
  [[nodiscard]] wasmtime_stack_creator_t creator();

 private:
  // The part that most guests need stays resident; the deeper one is given back at one use of so
  // many.
  static constexpr std::size_t kResidentBytes = 64 << 10;
  static constexpr unsigned kUsesBetween = 64;
  static constexpr std::size_t kFreeMax = 256;

  struct Stack {
    Stacks& owner;
    std::byte* begin;  // Of the stack; a guard page is below.
    unsigned uses = 0;
  };

  static wasmtime_error_t* newStack(void* env, std::size_t bytes, bool zeroed,
                                    wasmtime_stack_memory_t* stack);
  [[nodiscard]] Stack* make();
  void give(Stack* stack);
  void unmap(Stack* stack);

  const std::size_t bytes_;
  std::vector<Stack*> free_;
};

}  // namespace wagi::engine
