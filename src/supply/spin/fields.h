// Reads a table of a spin.toml key by key. A key that nobody asks for is reported as left out, so
// that nothing is dropped in silence.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "supply/spin/report.h"

namespace wagi::spin {

// Borrows the table and the report. A reader returns nullopt, null or an empty list where the key
// is absent, or its value is of another type, which is a mistake.
class Fields {
 public:
  // `name` is the table's, for messages: "[component.x]".
  Fields(const toml::table& table, std::string name, Report& report)
      : table_(table),
        name_(std::move(name)),
        reader_(table, name_, report.mistakes),
        report_(report) {}
  Fields(const Fields&) = delete;  // Its reader borrows the name.
  Fields& operator=(const Fields&) = delete;

  [[nodiscard]] std::optional<std::string> string(std::string_view key);
  [[nodiscard]] std::optional<std::string> required(std::string_view key);
  [[nodiscard]] const toml::table* table(std::string_view key);
  [[nodiscard]] std::vector<const toml::table*> tables(std::string_view key);
  [[nodiscard]] const toml::array* list(std::string_view key, std::string_view expected);
  // Whatever it is; null where it is absent.
  [[nodiscard]] const toml::node* any(std::string_view key);

  struct Text {
    std::string text;
    config::Place place;
  };
  [[nodiscard]] std::vector<Text> texts(std::string_view key);
  [[nodiscard]] std::vector<config::EnvPair> variables(std::string_view key);

  // Reports the key as left out ("`KEY` WHY"), if it is there and neither empty nor false.
  void leaveOut(std::string_view key, std::string_view why);
  // Ignores a key without a report, since it means nothing to a server.
  void ignore(std::string_view key) { static_cast<void>(any(key)); }
  // Reports the key, if it is there, as one that works otherwise or has no part in serving.
  void note(std::string_view key, std::string_view why);
  // Reports every key that wasn't asked for as left out.
  void leaveOutRest();

  [[nodiscard]] config::Place place() const;
  // The place of the key's value, or of the table where it is absent.
  [[nodiscard]] config::Place placeOf(std::string_view key) const;
  [[nodiscard]] const toml::source_region& source() const { return table_.source(); }
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  const toml::table& table_;
  const std::string name_;
  config::TableReader reader_;
  Report& report_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace wagi::spin
