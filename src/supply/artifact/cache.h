// Compiled code in a directory, so that a module is compiled once and not at each start.
//
// An entry's name is made of what its code depends on: the binary's SHA-256 and the engine's
// fingerprint. Entries appear whole or not at all, so any number of processes may share a
// directory; each is verified before it is handed out, since the engine executes it as it is. For
// the same reason the directory and its entries must belong to this user and nobody else may write
// to them.
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

namespace wagi::artifact {

class Cache {
 public:
  struct Settings {
    bool enabled = true;
    std::optional<std::string> directory;  // Absent: wagi/code in the user's cache directory.
    // The least recently used entries go when the directory is over one of these.
    std::uint64_t total_bytes_soft_max = 512ULL << 20;
    std::uint64_t entries_soft_max = 65'536;
    bool operator==(const Settings&) const = default;
  };

  // Makes the directory where it is missing. Fails for one given in the settings that can't be
  // used; without one, or when not enabled, a temporary directory serves until the cache is
  // destroyed.
  [[nodiscard]] static Result<Cache> open(const Settings& settings);

  [[nodiscard]] const std::string& directory() const { return directory_; }
  // With the one that takes what the first has no room for, if there is one.
  [[nodiscard]] std::vector<std::string> directories() const;
  [[nodiscard]] bool isTemporary() const { return temporary_.has_value(); }

  // The entry's name for a module in its binary form.
  [[nodiscard]] static std::string keyOf(std::string_view wasm);

  // The path of the verified entry, which counts as used now. A damaged one is removed.
  [[nodiscard]] std::optional<std::string> find(const std::string& key) const;
  struct StoreError {
    std::string message;
    bool is_full = false;  // No space is left, or a quota is used up: makeOverflow() helps.
  };
  // Adds or replaces an entry; its path. Cleans the directory where it is due.
  [[nodiscard]] std::expected<std::string, StoreError> store(const std::string& key,
                                                             std::string_view code) const;
  // Makes a temporary directory for what this one has no room for, which lives as long as this
  // cache, and warns of it. Fails where this one is temporary itself.
  [[nodiscard]] Result<void> makeOverflow() const;
  // What was found out about the file whose key this is, and kept beside its code. A damaged note
  // is no note.
  [[nodiscard]] std::optional<std::string> findNote(const std::string& key) const;
  // Best effort: without the note the same is found out again.
  void storeNote(const std::string& key, std::string_view note) const;
  // Whether the open file of an entry or a note is as it was stored.
  [[nodiscard]] static bool isWhole(int fd);
  // Removes an entry that the engine refused.
  void drop(const std::string& key) const;

  // Removes what is over the limits, down to 70 % of them, and what writers that died left behind;
  // nothing that was used in the minute before `now`, which somebody may be about to open. Returns
  // how many files went.
  std::size_t clean(std::chrono::system_clock::time_point now) const;

 private:
  Cache(std::string directory, const Settings& settings,
        std::optional<TemporaryDirectory> temporary);
  [[nodiscard]] std::string pathOf(const std::string& key) const;
  [[nodiscard]] std::string notePathOf(const std::string& key) const;
  // 0, or the errno that refused it.
  [[nodiscard]] static int writeEntry(const std::string& path, std::string_view bytes);

  std::string directory_;
  Settings settings_;
  std::optional<TemporaryDirectory> temporary_;
  // A cache is a name for directories: what lies in them changes behind const, and so does this.
  mutable std::unique_ptr<Cache> overflow_;
};

}  // namespace wagi::artifact
