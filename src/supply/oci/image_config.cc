#include "supply/oci/image_config.h"

#include <fmt/format.h>

#include "supply/oci/json.h"
#include "supply/oci/modules_in_layers.h"

namespace wagi::oci {
namespace {

void addWords(const nlohmann::json& config, const char* key, const std::string& folder,
              std::vector<std::string>& programs) {
  const auto words = config.find(key);
  if (words == config.end() || !words->is_array()) return;
  std::size_t count = 0;
  for (const auto& word : *words) {
    if (++count > kProgramWordsMax) return;
    if (!word.is_string()) continue;
    const std::string text = word.get<std::string>();
    const std::string path = text.substr(0, text.find('#'));
    auto clean = pathInImage(path.starts_with('/') ? path : fmt::format("{}/{}", folder, path));
    if (clean && !clean->empty()) programs.push_back(*std::move(clean));
  }
}

}  // namespace

std::vector<std::string> programsIn(std::string_view config) {
  std::vector<std::string> programs;
  const nlohmann::json json = parseJson(config);
  if (!json.is_object()) return programs;
  const auto inner = json.find("config");
  if (inner == json.end() || !inner->is_object()) return programs;
  const std::string folder = textIn(*inner, "WorkingDir");
  addWords(*inner, "Entrypoint", folder, programs);
  addWords(*inner, "Cmd", folder, programs);
  return programs;
}

}  // namespace wagi::oci
