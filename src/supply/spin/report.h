// The report of an import: why a spin.toml can't be read, or which parts of it aren't converted.
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

  // Adds to left_out, where the caller has a place but no longer the TOML.
  void leaveOut(const config::Place& place, std::string message);

  const std::string file;
  config::Mistakes mistakes;  // Errors of the file; with one, nothing is converted.
  config::Mistakes left_out;  // Parts that Wagi can't do, or can't do this way.
  config::Mistakes notes;     // Parts that have no effect on serving, or work otherwise.
};

}  // namespace wagi::spin
