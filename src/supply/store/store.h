// The store of fetched bytes on this machine: blobs under their digest, and the digest that a
// reference was last resolved to.
//
//   DIR/blobs/sha256/HEX     a blob, whole and verified
//   DIR/partial/HEX          a download that can be resumed where it was cut off
//   DIR/names/HEX.json       what a reference was resolved to; HEX is the digest of its text
//   DIR/trees/HEX/...        a folder of files made of blobs, for a guest's "/"
//
// Entries appear whole or not at all (a temporary name, then rename(2)), so any number of processes
// may share a directory.
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

// Reads "sha256:HEX" or "HEX"; nullopt for anything else.
[[nodiscard]] std::optional<Digest> parseDigest(std::string_view text);

// The digest of the regular file at `path`. The error names the file.
[[nodiscard]] Result<Digest> digestOf(const std::string& path);

// A reference, and the blobs to which it was resolved when it was fetched last.
struct Name {
  std::string reference;        // "oci://registry/name:tag", "bindle:name/1.0.0"
  Digest digest;                // The blob that the reference stands for.
  std::vector<Digest> blobs{};  // All blobs that it needs, `digest` among them; prune() keeps them.
  std::vector<std::string> trees{};  // Paths that tree() returned; prune() keeps them.
  std::int64_t used_at = 0;          // Last use, in seconds since 1970.
};

// One directory of the store; a value that holds its path only.
class Store {
 public:
  // Opens a directory, and makes it where it is missing. "" is wagi/store in the user's cache
  // directory. Fails where others may write to it, since the blobs in it are executed.
  [[nodiscard]] static Result<Store> open(const std::string& directory);

  [[nodiscard]] const std::string& directory() const { return directory_; }

  // The path of a stored blob, which was verified when it was stored; nullopt where it is missing.
  // Counts as a use of it, so that prune() keeps it for a while.
  [[nodiscard]] std::optional<std::string> find(const Digest& digest) const;
  // Stores `bytes` as a blob, and returns its digest.
  [[nodiscard]] Result<Digest> put(std::string_view bytes) const;
  // The path of the file that a download of `digest` is written to, and resumed in.
  [[nodiscard]] Result<std::string> partialPath(const Digest& digest) const;
  // Makes the file at partialPath() the blob and returns the blob's path. If the file has another
  // digest, it is removed, and the error says which. Waits for the process that holds the file's
  // flock(2), whose download is under way.
  [[nodiscard]] Result<std::string> commit(const Digest& digest) const;
  // Removes a blob that turned out to be damaged.
  void drop(const Digest& digest) const;

  // Returns the path of a folder that has `files` (path within it, blob) as read-only hard links to
  // the blobs, or copies; makes it where it is missing. Paths are relative, without "." and "..";
  // the error names one that isn't.
  [[nodiscard]] Result<std::string> tree(
      const std::vector<std::pair<std::string, Digest>>& files) const;

  // Names are kept by remember(), and found by recall() and names(), the latter in order.
  [[nodiscard]] Result<void> remember(const Name& name) const;
  [[nodiscard]] std::optional<Name> recall(const std::string& reference) const;
  [[nodiscard]] std::vector<Name> names() const;

  // The digests of damaged blobs. Repair::kYes removes these, and the trees of names that need
  // them.
  enum class Repair { kNo, kYes };
  [[nodiscard]] Result<std::vector<Digest>> verify(Repair repair) const;
  // Removes names that weren't used since `used_since` (seconds since 1970), then blobs and trees
  // that no name needs. Those used within the last hour stay, since a fetch under way may be about
  // to name them. Returns how many bytes were removed.
  [[nodiscard]] Result<std::uint64_t> prune(std::int64_t used_since) const;

 private:
  explicit Store(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] std::string blobPath(const Digest& digest) const;
  [[nodiscard]] std::string namePath(const std::string& reference) const;

  std::string directory_;
};

}  // namespace wagi::store
