// The users of a Bindle server, with hashed passwords.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.h"

namespace wagi::bindle {

// Reads a file as htpasswd(1) writes it: lines of NAME:HASH. The hashes must be slow ones of
// crypt(3): bcrypt, SHA-256, SHA-512, scrypt or yescrypt.
class Passwords {
 public:
  [[nodiscard]] static Result<Passwords> parse(std::string_view text, const std::string& name);
  [[nodiscard]] static Result<Passwords> load(const std::string& path);

  // Whether the login is right. A wrong name takes as long as a wrong password. The hash of a login
  // that was right once isn't computed again.
  [[nodiscard]] bool check(const std::string& name, const std::string& password);

 private:
  std::map<std::string, std::string> hashes_;
  std::unordered_set<std::string> known_;  // Digests of right logins, each salted with secret_.
  std::string secret_;                     // Random; this process's own.
};

}  // namespace wagi::bindle
