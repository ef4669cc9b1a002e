// A list of the invoices of a repository that have changed, shared by the processes of one server.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wagi::bindle {

// Memory that is mapped before a server forks: a lock that lets one process change the repository
// at a time, and the last changes, in a ring. Whoever was away for longer reads all anew.
class SharedChanges {
 public:
  static constexpr std::size_t kKept = 256;
  // Longer ids aren't kept: then the ring is as if it had been passed.
  static constexpr std::size_t kIdBytesMax = 600;

  [[nodiscard]] static Result<std::unique_ptr<SharedChanges>> create();
  SharedChanges(const SharedChanges&) = delete;
  SharedChanges& operator=(const SharedChanges&) = delete;
  ~SharedChanges();

  // How many changes there were. Needs no lock.
  [[nodiscard]] std::uint64_t count() const;

  // Lets other processes wait while it lives. A process that dies lets go.
  class Lock {
   public:
    explicit Lock(SharedChanges& changes);
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    ~Lock();

    // The ids of the invoices that changed after the first `seen` changes; nullopt where they
    // aren't kept any more.
    [[nodiscard]] std::optional<std::vector<std::string>> since(std::uint64_t seen) const;
    void add(std::string_view id);

   private:
    SharedChanges& changes_;
  };

 private:
  struct Shared;
  explicit SharedChanges(Shared* shared) : shared_(shared) {}

  Shared* const shared_;
};

}  // namespace wagi::bindle
