// Sandboxes, which outlive a request where instances are kept: each is a store with an instance of
// a module. Those that are idle wait for their next request.
#pragma once

#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "guest/engine/module.h"
#include "guest/wasi/context.h"
#include "guest/wasi/memory.h"

namespace wagi::engine {

// A store, and the instance that its first run makes in it.
class Sandbox : public boost::intrusive::list_base_hook<> {
 public:
  // Borrows `module`. A guest is interrupted at its next check after that many epochs.
  Sandbox(const Module& module, std::uint64_t epochs);
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // Makes it ready for a run by `context`, which is then borrowed. False where an instance is there
  // whose memory is larger than the limit, 0 being none.
  [[nodiscard]] bool prepare(wasi::Context& context, std::uint64_t memory_bytes_max);
  // Before a run is polled: the instance may be made then.
  void expectMemory();
  // Begins a run, for the caller to poll. With `keep`, setBack() can be called after it.
  [[nodiscard]] FutureHandle run(const EntryPoint& entrypoint, bool keep, wagi_run_t& state);

  // Sets everything back that a guest can change. False where that failed: then it must be dropped.
  // REQUIRES: the module's instances can be kept; the run has ended by itself, within its limits.
  [[nodiscard]] bool setBack();
  // Whether everything is as in a new instance; it is compared byte by byte.
  [[nodiscard]] bool isFirstState();

  [[nodiscard]] bool memoryRefused() const { return limiter_.memory_refused; }
  // Memory that it keeps from others.
  [[nodiscard]] std::size_t residentBytes() const;

 private:
  friend class KeptInstances;
  friend class IdleInstances;
  [[nodiscard]] MemorySlot* slot() const { return static_cast<MemorySlot*>(pages_); }
  [[nodiscard]] wasmtime_context_t* context() const { return wasmtime_store_context(store_.get()); }

  const Module& module_;
  const std::uint64_t epochs_;
  const std::size_t table_elements_max_;
  wagi_limiter_t limiter_{};
  wasi::WritablePages* pages_ = nullptr;  // The memory's slot; null before there is an instance.
  InstanceHandle instance_;
  StoreHandle store_;  // Gives the slot back.
  // While it is idle:
  class KeptInstances* owner_ = nullptr;
  std::uint64_t idle_since_ = 0;  // The sweep before.
};

// All that wait for a request in this process, and what they may take from it together.
class IdleInstances {
 public:
  // So much memory may wait, in kIdleInstancesMax of them; who has waited longest is dropped first.
  static constexpr std::size_t kResidentBytesMax = 64 << 20;
  // One in so many is compared with a new one.
  static constexpr std::uint64_t kCompareEvery = 10'000;

  // `on_difference` is told the name of an owner whose instance wasn't in its first state.
  explicit IdleInstances(std::function<void(const std::string& owner)> on_difference);
  IdleInstances(const IdleInstances&) = delete;
  IdleInstances& operator=(const IdleInstances&) = delete;

  // Drops those that have waited since before the last sweep.
  void sweep();
  [[nodiscard]] std::size_t count() const { return oldest_first_.size(); }
  [[nodiscard]] std::size_t residentBytes() const { return resident_bytes_; }
  void compareEvery(std::uint64_t uses) { compare_every_ = uses; }
  // How many were.
  [[nodiscard]] std::uint64_t compared() const { return compared_; }

 private:
  friend class KeptInstances;
  void add(Sandbox& sandbox);
  void remove(Sandbox& sandbox);
  void dropFirst();
  void compare(Sandbox& sandbox);

  const std::function<void(const std::string&)> on_difference_;
  std::uint64_t compare_every_ = kCompareEvery;
  std::uint64_t uses_ = 0;
  std::uint64_t compared_ = 0;
  std::uint64_t sweeps_ = 0;
  boost::intrusive::list<Sandbox> oldest_first_;
  std::size_t resident_bytes_ = 0;
};

// The idle instances of one module for one entry point and one owner's requests.
class KeptInstances {
 public:
  // Borrows `all`. `name` is for messages.
  KeptInstances(IdleInstances& all, std::string name) : all_(all), name_(std::move(name)) {}
  KeptInstances(const KeptInstances&) = delete;
  KeptInstances& operator=(const KeptInstances&) = delete;
  ~KeptInstances();

  // The one that was used last; null where there is none.
  [[nodiscard]] std::unique_ptr<Sandbox> take();
  // Sets it back and keeps it, or drops it.
  void give(std::unique_ptr<Sandbox> sandbox);

 private:
  friend class IdleInstances;
  void drop(Sandbox& sandbox);

  IdleInstances& all_;
  const std::string name_;
  std::vector<std::unique_ptr<Sandbox>> idle_;
};

}  // namespace wagi::engine
