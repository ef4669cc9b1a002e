// The key of a step's result in the cache: all that the result depends on.
//
// A module's file passes through steps: it is read, checked, compiled and inspected. Each step that
// keeps its result does so under such a key. A step that works on what another one made, as a
// transform between check and compile would, has that one's result as its input.
#pragma once

#include <string>
#include <string_view>

namespace wagi::artifact {

struct StepKey {
  std::string_view step;  // One of ours, below; the ending of the file's name.
  unsigned revision = 0;  // Our code for the step; raised when its results change.
  std::string input;      // SHA-256, in hex, of the bytes that it works on.
  std::string settings;   // All else that decides about it, such as the engine's fingerprint.

  // "INPUT-SETTINGS.STEP"; a revision but the first is behind the settings.
  [[nodiscard]] std::string fileName() const;
  bool operator==(const StepKey&) const = default;
};

// Machine code of a module in its binary form, of which this is the SHA-256.
[[nodiscard]] StepKey compileKey(std::string wasm_digest);
// The key of what was found out about a module's file, binary or text, with these bytes.
[[nodiscard]] StepKey inspectKey(std::string_view file);

// Whether a file of that name is the result of one of our steps.
[[nodiscard]] bool isStepResult(std::string_view file_name);

}  // namespace wagi::artifact
