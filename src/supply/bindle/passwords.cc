#include "supply/bindle/passwords.h"

#include <crypt.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/file.h"
#include "base/sha256.h"

namespace wagi::bindle {
namespace {

constexpr std::uint64_t kFileBytesMax = 1 << 20;
constexpr std::size_t kKnownMax = 10'000;
constexpr std::size_t kPasswordBytesMax = 512;  // The limit of crypt(3).
constexpr int kSecretBytes = 32;

constexpr auto kSchemes =
    std::to_array<std::string_view>({"$2a$", "$2b$", "$2y$", "$5$", "$6$", "$7$", "$y$", "$gy$"});

bool isKnownScheme(std::string_view hash) {
  return std::ranges::any_of(kSchemes,
                             [&](std::string_view scheme) { return hash.starts_with(scheme); });
}

// The hash of `password` with the salt and the cost of `setting`; empty where it can't be made.
std::string hashOf(const std::string& password, const std::string& setting) {
  const auto data = std::make_unique<crypt_data>();
  const char* hash = ::crypt_rn(password.c_str(), setting.c_str(), data.get(), sizeof(crypt_data));
  return hash == nullptr ? std::string() : std::string(hash);
}

bool isEqual(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

Result<Passwords> Passwords::parse(std::string_view text, const std::string& name) {
  Passwords passwords;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    ++number;
    std::string_view line = whole;
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) {
      return fail(fmt::format("{}:{}: expected NAME:HASH", name, number));
    }
    std::string user(line.substr(0, colon));
    std::string hash(line.substr(colon + 1));
    // Hashing with its salt shows whether the hash was cut off: a whole one has the same length.
    if (!isKnownScheme(hash) || hashOf("", hash).size() != hash.size()) {
      return fail(
          fmt::format("{}:{}: the hash of '{}' is of no kind that is taken: make it with "
                      "'openssl passwd -6' or 'htpasswd -B'",
                      name, number, user));
    }
    if (!passwords.hashes_.emplace(std::move(user), std::move(hash)).second) {
      return fail(fmt::format("{}:{}: a name is there twice", name, number));
    }
  }
  if (passwords.hashes_.empty()) return fail(fmt::format("{}: it has no line NAME:HASH", name));
  passwords.secret_.resize(kSecretBytes);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(passwords.secret_.data()), kSecretBytes) != 1) {
    return fail("OpenSSL has no random bytes");
  }
  return passwords;
}

Result<Passwords> Passwords::load(const std::string& path) {
  const auto text = readFile(path, kFileBytesMax);
  if (!text) return std::unexpected(text.error());
  return parse(*text, path);
}

bool Passwords::check(const std::string& name, const std::string& password) {
  if (password.size() > kPasswordBytesMax || password.contains('\0')) return false;
  const std::string login = sha256Hex(fmt::format("{}{}:{}", secret_, name, password));
  if (known_.contains(login)) return true;
  const auto found = hashes_.find(name);
  const bool is_there = found != hashes_.end();
  const std::string& hash = is_there ? found->second : hashes_.begin()->second;
  if (!isEqual(hashOf(password, hash), hash) || !is_there) return false;
  if (known_.size() < kKnownMax) known_.insert(login);
  return true;
}

}  // namespace wagi::bindle
