// What was fetched: bytes under their digest, and what a name stood for last.
//
//   DIR/blobs/sha256/HEX     a blob, whole and verified
//   DIR/partial/HEX          a download that goes on where it was cut off
//   DIR/names/HEX.json       what a reference stood for: HEX is the digest of its text
//   DIR/trees/HEX/...        files made of blobs, for a guest's "/"
//
// Entries appear whole or not at all (a new name, then rename(2)), so any number of processes may
// share a directory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace wagi::store {

// A SHA-256 in 64 lower-case hex digits, without "sha256:".
using Digest = std::string;

// Nullopt for what is no digest; takes "sha256:HEX" and "HEX".
[[nodiscard]] std::optional<Digest> parseDigest(std::string_view text);

// Of the regular file at `path`. The error names it.
[[nodiscard]] Result<Digest> digestOf(const std::string& path);

// What a reference stood for when it was resolved last.
struct Name {
  std::string reference;             // "oci://registry/name:tag", "bindle:name/1.0.0"
  Digest digest;                     // Of the blob that is served for it.
  std::vector<Digest> blobs{};       // All that it needs, `digest` among them: prune() keeps them.
  std::vector<std::string> trees{};  // Paths, as tree() gave them.
  std::int64_t used_at = 0;          // Seconds since 1970.
};

class Store {
 public:
  // Makes the directory where it is missing. Empty: wagi/store in the user's cache directory. For
  // its owner only, since what is in it is executed.
  [[nodiscard]] static Result<Store> open(const std::string& directory);

  [[nodiscard]] const std::string& directory() const { return directory_; }

  // The path of a blob that is there, verified when it was stored. It counts as used now.
  [[nodiscard]] std::optional<std::string> find(const Digest& digest) const;
  // Its digest.
  [[nodiscard]] Result<Digest> put(std::string_view bytes) const;
  // Where a download of `digest` is written, and goes on.
  [[nodiscard]] Result<std::string> partialPath(const Digest& digest) const;
  // The file there becomes the blob, if that is its digest; else it is removed, and the error says
  // which digest it has. Waits for whoever has its flock(2): a download under way.
  [[nodiscard]] Result<std::string> commit(const Digest& digest) const;
  // Removes a blob whose bytes turned out to be others.
  void drop(const Digest& digest) const;

  // A folder with `files` (path within it, blob), made once: read-only hard links to the blobs, or
  // copies. Paths are relative, without "." and ".." parts; the error names the one that isn't.
  [[nodiscard]] Result<std::string> tree(
      const std::vector<std::pair<std::string, Digest>>& files) const;

  [[nodiscard]] Result<void> remember(const Name& name) const;
  [[nodiscard]] std::optional<Name> recall(const std::string& reference) const;
  [[nodiscard]] std::vector<Name> names() const;

  // The digests whose bytes are others now. `repair` removes them, with the trees that names use
  // them in.
  enum class Repair { kNo, kYes };
  [[nodiscard]] Result<std::vector<Digest>> verify(Repair repair) const;
  // Removes names that weren't used since `used_since` (seconds since 1970), then every blob and
  // tree that no name needs and that is older than an hour, which a fetch under way may be about
  // to name. How many bytes went.
  [[nodiscard]] Result<std::uint64_t> prune(std::int64_t used_since) const;

 private:
  explicit Store(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] std::string blobPath(const Digest& digest) const;
  [[nodiscard]] std::string namePath(const std::string& reference) const;

  std::string directory_;
};

}  // namespace wagi::store
