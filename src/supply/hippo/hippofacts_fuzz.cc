// Fuzzes the parser of HIPPOFACTS: a refusal must have a reason, and no path may leave the folder.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/fuzzing.h"
#include "routing/pattern.h"
#include "supply/hippo/hippofacts.h"

using namespace wagi;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto facts = hippo::parse(text, "HIPPOFACTS");
  if (!facts) {
    require(!facts.error().empty());
    for (const config::Diagnostic& mistake : facts.error()) require(!mistake.message.empty());
    return 0;
  }
  require(!facts->entries.empty() && bindle::parseId(facts->id.text()).has_value());
  for (const hippo::Entry& entry : facts->entries) {
    using Kind = hippo::Entry::Kind;
    require(entry.name.empty() == (entry.kind == Kind::kExternal));
    require(entry.id.empty() == (entry.kind == Kind::kHandler));
    if (!entry.name.empty()) require(glob::normalPath(entry.name) == entry.name);
    if (entry.kind != Kind::kExport) require(routing::Pattern::parse(entry.route).has_value());
    require(entry.group().ends_with("-files"));
  }
  return 0;
}
