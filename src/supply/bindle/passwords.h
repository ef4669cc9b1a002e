// Who may use a Bindle server: names with hashed passwords.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.h"

namespace wagi::bindle {

// A file as htpasswd(1) writes it: NAME:HASH lines, of hashes that crypt(3) makes slow: bcrypt,
// SHA-256, SHA-512, scrypt and yescrypt. Others are refused when it is read.
class Passwords {
 public:
  [[nodiscard]] static Result<Passwords> parse(std::string_view text, const std::string& name);
  [[nodiscard]] static Result<Passwords> load(const std::string& path);

  // Takes as long for a name that isn't known. A login that was right once is known again without
  // its hash being computed.
  [[nodiscard]] bool check(const std::string& name, const std::string& password);

 private:
  std::map<std::string, std::string> hashes_;
  std::unordered_set<std::string> known_;  // Digests, with a secret of this process.
  std::string secret_;
};

}  // namespace wagi::bindle
