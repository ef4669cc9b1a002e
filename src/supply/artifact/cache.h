// Keeps the results of steps in a directory, compiled code above all, so that a module is compiled
// once and not at each start.
//
// An entry's name is made of all that it depends on (step_key.h). Entries appear whole or not at
// all, so any number of processes may share a directory. The engine executes compiled code as it
// is: therefore find() verifies an entry, and the directory and its entries must belong to this
// user and nobody else may write to them.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "supply/artifact/step_key.h"

namespace wagi::artifact {

class Cache {
 public:
  struct Settings {
    bool enabled = true;
    std::optional<std::string> directory;  // Absent: wagi/code in the user's cache directory.
    // The least recently used entries are removed when the directory is over one of these.
    std::uint64_t total_bytes_soft_max = 512ULL << 20;
    std::uint64_t entries_soft_max = 65'536;
    bool operator==(const Settings&) const = default;
  };

  // Opens the directory, and makes it where it is missing. Fails where the settings name one that
  // can't be used. Where the user's cache directory can't be used, or the cache isn't enabled, a
  // temporary directory serves until the cache is destroyed.
  [[nodiscard]] static Result<Cache> open(const Settings& settings);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  // The directory, and the one of makeOverflow() if there is one.
  [[nodiscard]] std::vector<std::string> directories() const;
  [[nodiscard]] bool isTemporary() const { return temporary_.has_value(); }

  // The path of an entry, verified; it counts as used now. A damaged entry counts as missing and
  // stays until store() replaces it: whoever removed it could remove the whole one that another
  // process has put in its place meanwhile.
  [[nodiscard]] std::optional<std::string> find(const StepKey& key) const;
  struct StoreError {
    std::string message;
    bool is_full = false;  // No space is left, or a quota is used up: makeOverflow() helps.
  };
  // Adds or replaces an entry, and returns its path. Cleans the directory where that is due.
  [[nodiscard]] std::expected<std::string, StoreError> store(const StepKey& key,
                                                             std::string_view bytes) const;
  // Makes a temporary directory for entries that this one has no room for, which lives as long as
  // this cache, and logs a warning. Fails where this one is temporary itself.
  [[nodiscard]] Result<void> makeOverflow() const;
  // The bytes of a small entry, such as what was found out about a module; otherwise like find().
  [[nodiscard]] std::optional<std::string> read(const StepKey& key) const;
  // Whether the open file of an entry is as it was stored.
  [[nodiscard]] static bool isWhole(int fd);

  // Removes entries if the directory is over a limit, down to 70 % of it, and temporary files that
  // writers left behind as they died. It keeps files used in the ten minutes before `now`, which
  // another process may be about to open. Returns how many files it removed.
  std::size_t clean(std::chrono::system_clock::time_point now) const;

 private:
  Cache(std::string directory, const Settings& settings,
        std::optional<TemporaryDirectory> temporary);
  [[nodiscard]] std::string pathOf(const StepKey& key) const;
  // Returns 0, or the errno of the failure.
  [[nodiscard]] static int writeEntry(const std::string& path, std::string_view bytes);

  std::string directory_;
  Settings settings_;
  std::optional<TemporaryDirectory> temporary_;
  // Mutable, since const functions change what is in the directories, and this is one of them.
  mutable std::unique_ptr<Cache> overflow_;
};

}  // namespace wagi::artifact
