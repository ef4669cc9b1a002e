// The subcommands of `wagi bindle`, and the flags that they share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/command.h"
#include "supply/bindle/client.h"
#include "supply/bindle/load.h"
#include "supply/store/store.h"

namespace wagi::cli {

[[nodiscard]] int bindlePrepare(const Arguments& words);
[[nodiscard]] int bindleServe(const Arguments& words);
[[nodiscard]] int bindlePush(const Arguments& words);
[[nodiscard]] int bindlePull(const Arguments& words);
[[nodiscard]] int bindleInfo(const Arguments& words);
[[nodiscard]] int bindleYank(const Arguments& words);
[[nodiscard]] int bindleSearch(const Arguments& words);
[[nodiscard]] int bindleKeys(const Arguments& words);

// The flags that name a Bindle server and a login for it.
class BindleServerFlags {
 public:
  void addTo(CLI::App& app);
  // The server that the flags name. The error is a mistake in the flags.
  [[nodiscard]] Result<bindle::Server> server() const;
  [[nodiscard]] bool isGiven() const { return !url_.empty(); }

 private:
  std::string url_, user_, password_;
  bool insecure_ = false;
};

// The flags that say which signatures an invoice must have.
class BindleTrustFlags {
 public:
  void addTo(CLI::App& app);
  // nullopt means that there is no keyring, so that signatures aren't checked.
  [[nodiscard]] Result<std::optional<bindle::Trust>> trust() const;

 private:
  std::string keyring_, strategy_;
};

// The words of a subcommand about one bindle: its ID, its server, and for some whose signatures are
// asked for.
class BindleCommand {
 public:
  enum class Signatures : std::uint8_t { kNotAskedFor, kAskedFor };
  BindleCommand(const char* subcommand, const Page& page, Signatures signatures);

  // For flags of its own, before parse().
  [[nodiscard]] CLI::App& app() { return app_; }
  // Where the program is to end now, the exit code.
  [[nodiscard]] std::optional<int> parse(const Arguments& words);

  // REQUIRES, of these: parse() returned nothing.
  [[nodiscard]] const bindle::Id& id() const { return id_; }
  [[nodiscard]] const std::optional<bindle::Trust>& trust() const { return trust_; }
  [[nodiscard]] Result<bindle::Server> server() const { return server_flags_.server(); }

 private:
  CLI::App app_;
  const Signatures signatures_;
  std::string id_text_;
  BindleServerFlags server_flags_;
  BindleTrustFlags trust_flags_;
  bindle::Id id_;
  std::optional<bindle::Trust> trust_;
};

// Signs with the first of the file's keys that has the role, unless it has.
[[nodiscard]] Result<void> signAs(bindle::Role role, const std::string& key_file,
                                  bindle::Invoice& invoice);

// Prints why `command` ("push") failed; returns kExitFailed.
[[nodiscard]] int bindleFailed(std::string_view command, std::string_view why);

}  // namespace wagi::cli
