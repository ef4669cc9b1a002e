// A fast checksum that finds damage to a file. It doesn't protect against a person who may write to
// the file.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

struct evp_mac_ctx_st;

namespace wagi::artifact {

using Checksum = std::array<char, 16>;

[[nodiscard]] Checksum checksum(std::string_view bytes);

// Computes the checksum of bytes that come in pieces.
class RunningChecksum {
 public:
  RunningChecksum();
  void update(std::string_view bytes);
  // REQUIRES: called once, and no update() after it.
  [[nodiscard]] Checksum finish();

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

}  // namespace wagi::artifact
