// What becomes of a spin.toml, beside what is carried over.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/toml_reader.h"

namespace wagi::spin {

using Diagnostics = std::vector<config::Diagnostic>;

struct Report {
  explicit Report(std::string name)
      : file(std::move(name)), mistakes(file), left_out(file), notes(file) {}
  Report(const Report&) = delete;  // Its parts borrow the name.
  Report& operator=(const Report&) = delete;

  // Where the file is no longer at hand.
  void leaveOut(const config::Place& place, std::string message);

  const std::string file;
  config::Mistakes mistakes;  // Why it is no spin.toml; then nothing is carried over.
  config::Mistakes left_out;  // What Wagi can't do, or can't do this way.
  config::Mistakes notes;     // What has no part in serving, or works otherwise.
};

}  // namespace wagi::spin
