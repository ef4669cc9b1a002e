#include "guest/engine/stacks.h"

#include <sys/mman.h>

#include <memory>

#include "guest/engine/code_file.h"

namespace wagi::engine {

Stacks::~Stacks() {
  for (Stack* stack : free_) unmap(stack);
}

wasmtime_stack_creator_t Stacks::creator() {
  return {.env = this, .new_stack = newStack, .finalizer = nullptr};
}

wasmtime_error_t* Stacks::newStack(void* env, std::size_t bytes, bool /*zeroed*/,
                                   wasmtime_stack_memory_t* memory) {
  auto& stacks = *static_cast<Stacks*>(env);
  if (bytes > stacks.bytes_) return wasmtime_error_new("a stack is to be larger than those kept");
  Stack* stack = nullptr;
  if (stacks.free_.empty()) {
    stack = stacks.make();
    if (stack == nullptr) return wasmtime_error_new("there is no memory for a stack");
  } else {
    stack = stacks.free_.back();
    stacks.free_.pop_back();
  }
  memory->env = stack;
  memory->get_stack_memory = [](void* self, std::size_t* length) {
    const auto& of = *static_cast<Stack*>(self);
    *length = of.owner.bytes_;
    return reinterpret_cast<std::uint8_t*>(of.begin + of.owner.bytes_);
  };
  memory->finalizer = [](void* self) {
    auto* const of = static_cast<Stack*>(self);
    of->owner.give(of);
  };
  return nullptr;
}

Stacks::Stack* Stacks::make() {
  void* const at = ::mmap(nullptr, kHostPageBytes + bytes_, PROT_NONE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::byte*>(at) + kHostPageBytes;
  if (::mprotect(begin, bytes_, PROT_READ | PROT_WRITE) != 0) {
    ::munmap(at, kHostPageBytes + bytes_);
    return nullptr;
  }
  return std::make_unique<Stack>(Stack{*this, begin}).release();
}

void Stacks::give(Stack* stack) {
  if (free_.size() >= kFreeMax) {
    unmap(stack);
    return;
  }
  if (++stack->uses % kUsesBetween == 0) {
    ::madvise(stack->begin, bytes_ - kResidentBytes, MADV_DONTNEED);
  }
  free_.push_back(stack);
}

void Stacks::unmap(Stack* stack) {
  ::munmap(stack->begin - kHostPageBytes, kHostPageBytes + bytes_);
  delete stack;
}

}  // namespace wagi::engine
