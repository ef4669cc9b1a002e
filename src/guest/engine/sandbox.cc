#include "guest/engine/sandbox.h"

#include <algorithm>
#include <limits>

#include "guest/engine/memory_slots.h"

namespace wagi::engine {
namespace {

// The memory that a store with its instance takes beside the guest's, and an element of a table.
constexpr std::size_t kSandboxBytes = 16 << 10;
constexpr std::size_t kTableElementBytes = 8;

std::size_t limitOrNone(std::uint64_t bytes_max) {
  return bytes_max == 0 ? std::numeric_limits<std::size_t>::max() : bytes_max;
}

}  // namespace

// ---- One.

Sandbox::Sandbox(const Module& module, std::uint64_t epochs)
    : module_(module),
      epochs_(epochs),
      table_elements_max_(module.memory() == nullptr || module.tableElements() > kTableElementsMax
                              ? kTableElementsHardMax
                              : kTableElementsMax),
      instance_(wagi_instance_new()),
      store_(wasmtime_store_new(module.engine().get(), nullptr, nullptr)) {
  wagi_store_limit(store_.get(), &limiter_);
  wasmtime_context_epoch_deadline_async_yield_and_update(context(), epochs);
}

bool Sandbox::prepare(wasi::Context& context, std::uint64_t memory_bytes_max) {
  limiter_ = {.memory_bytes_max = limitOrNone(memory_bytes_max),
              .table_elements_max = table_elements_max_,
              .memory_bytes = 0,
              .table_elements = 0,
              .memory_refused = false};
  if (pages_ != nullptr) {
    // As the limiter counted when the instance was made.
    limiter_.memory_bytes = slot()->firstSize();
    limiter_.table_elements = module_.tableElements();
    if (limiter_.memory_bytes > limiter_.memory_bytes_max) return false;
  }
  wasmtime_context_t* const store = this->context();
  wasmtime_context_set_data(store, &context);
  wasmtime_context_set_epoch_deadline(store, epochs_);
  wasmtime_memory_t memory;
  const bool is_known = wagi_instance_memory(instance_.get(), &memory);
  context.setMemory(is_known ? &memory : nullptr, &pages_);
  return true;
}

void Sandbox::expectMemory() {
  if (pages_ == nullptr && module_.memory() != nullptr) {
    module_.engine().slots()->expect(*module_.memory(), pages_);
  }
}

FutureHandle Sandbox::run(const EntryPoint& entrypoint, bool keep, wagi_run_t& state) {
  return FutureHandle(
      wagi_run(module_.pre(), context(), entrypoint.place.get(), instance_.get(), keep, &state));
}

bool Sandbox::setBack() {
  const bool has_grown = slot()->hasGrown();
  wasmtime_context_set_data(context(), nullptr);
  if (!slot()->setBack()) return false;
  return wagi_instance_set_back(instance_.get(), context(), has_grown);
}

bool Sandbox::isFirstState() {
  return slot()->isFirstState() && wagi_instance_globals_are_first(instance_.get(), context());
}

std::size_t Sandbox::residentBytes() const {
  return kSandboxBytes + module_.tableElements() * kTableElementBytes + slot()->residentBytes();
}

// ---- All.

IdleInstances::IdleInstances(std::function<void(const std::string&)> on_difference)
    : on_difference_(std::move(on_difference)) {}

void IdleInstances::add(Sandbox& sandbox) {
  if (compare_every_ != 0 && ++uses_ % compare_every_ == 0) compare(sandbox);
  sandbox.idle_since_ = sweeps_;
  oldest_first_.push_back(sandbox);
  resident_bytes_ += sandbox.residentBytes();
  while (count() > kIdleInstancesMax || (resident_bytes_ > kResidentBytesMax && count() > 1)) {
    dropFirst();
  }
}

void IdleInstances::remove(Sandbox& sandbox) {
  oldest_first_.erase(oldest_first_.iterator_to(sandbox));
  resident_bytes_ -= sandbox.residentBytes();
}

void IdleInstances::dropFirst() {
  Sandbox& first = oldest_first_.front();
  first.owner_->drop(first);
}

void IdleInstances::sweep() {
  while (!oldest_first_.empty() && oldest_first_.front().idle_since_ < sweeps_) dropFirst();
  ++sweeps_;
}

void IdleInstances::compare(Sandbox& sandbox) {
  ++compared_;
  if (!sandbox.isFirstState()) on_difference_(sandbox.owner_->name_);
}

// ---- Those of one owner.

KeptInstances::~KeptInstances() {
  for (const auto& sandbox : idle_) all_.remove(*sandbox);
}

std::unique_ptr<Sandbox> KeptInstances::take() {
  if (idle_.empty()) return nullptr;
  std::unique_ptr<Sandbox> sandbox = std::move(idle_.back());
  idle_.pop_back();
  all_.remove(*sandbox);
  return sandbox;
}

void KeptInstances::give(std::unique_ptr<Sandbox> sandbox) {
  if (!sandbox->setBack()) return;
  sandbox->owner_ = this;
  Sandbox& kept = *idle_.emplace_back(std::move(sandbox));
  all_.add(kept);
}

void KeptInstances::drop(Sandbox& sandbox) {
  all_.remove(sandbox);
  std::erase_if(idle_, [&](const auto& other) { return other.get() == &sandbox; });
}

}  // namespace wagi::engine
