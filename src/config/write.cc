#include "config/write.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "base/utf8.h"
#include "config/toml_writer.h"

namespace wagi::config {
namespace {

// The text of one file; the first value that it can't hold is its failure.
class Writer {
 public:
  void module() { text_.tableOfList("module"); }
  void partOfModule(std::string_view name) { text_.table(fmt::format("module.{}", name)); }

  void string(std::string_view key, std::string_view value) {
    if (checked(key, value)) text_.string(key, value);
  }

  void number(std::string_view key, std::uint64_t value) { text_.number(key, value); }

  void strings(std::string_view key, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      if (!checked(key, value)) return;
    }
    text_.raw(key, tomlStrings(values));
  }

  void volume(const Volume& volume) {
    if (!checked("volumes", volume.guest) || !checked("volumes", volume.host)) return;
    if (!volume.read_only && !volume.exclusive) return text_.string(volume.guest, volume.host);
    text_.raw(volume.guest, fmt::format("{{path = {}{}{}}}", tomlString(volume.host),
                                        volume.read_only ? ", read_only = true" : "",
                                        volume.exclusive ? ", exclusive = true" : ""));
  }

  void variable(std::string_view name, std::string_view value) {
    if (checked("environment", name)) string(name, value);
  }

  [[nodiscard]] Result<std::string> take() {
    if (failure_) return fail(*std::move(failure_));
    return text_.take();
  }

 private:
  bool checked(std::string_view key, std::string_view value) {
    const bool good = isUtf8(value) && !value.contains('\0');
    if (!good && !failure_) {
      failure_ = fmt::format("a value of `{}` has NUL or isn't UTF-8: no TOML file can hold it",
                             isUtf8(key) ? key : "environment");
    }
    return good;
  }

  TomlWriter text_;
  std::optional<std::string> failure_;
};

void writeLimits(Writer& writer, const Limits& limits, const Limits& defaults) {
  const auto write = [&](std::string_view key, std::uint64_t value, std::uint64_t unless) {
    if (value != unless) writer.number(key, value);
  };
  write("memory_max", limits.memory_bytes_max, defaults.memory_bytes_max);
  write("cpu_ms_max", limits.cpu_ms_max, defaults.cpu_ms_max);
  write("wall_ms_max", limits.wall_ms_max, defaults.wall_ms_max);
  write("body_bytes_max", limits.body_bytes_max, defaults.body_bytes_max);
  write("concurrency_max", limits.concurrency_max, defaults.concurrency_max);
  if (limits.keeps_instances != defaults.keeps_instances) {
    writer.string("instances", limits.keeps_instances ? "kept" : "new");
  }
}

void writeModule(Writer& writer, const Module& module, const Limits& defaults) {
  writer.module();
  writer.string("route", module.route);
  writer.string("module", module.module);
  if (module.entrypoint != Module{}.entrypoint) writer.string("entrypoint", module.entrypoint);
  if (module.argv) writer.string("argv", *module.argv);
  if (!module.allowed_hosts.empty()) writer.strings("allowed_hosts", module.allowed_hosts);
  if (module.http_max_concurrency) {
    writer.number("http_max_concurrency", *module.http_max_concurrency);
  }
  if (module.bindle_server) writer.string("bindle_server", *module.bindle_server);
  writeLimits(writer, module.limits, defaults);
  // Behind all other keys, since a table's header ends those of the [[module]] itself.
  if (!module.volumes.empty()) writer.partOfModule("volumes");
  for (const Volume& volume : module.volumes) writer.volume(volume);
  std::map<std::string_view, std::string_view> variables;
  for (const auto& [name, value] : module.environment) variables[name] = value;
  if (!variables.empty()) writer.partOfModule("environment");
  for (const auto& [name, value] : variables) writer.variable(name, value);
}

}  // namespace

Result<std::string> write(const std::vector<Module>& modules, const Limits& defaults) {
  Writer writer;
  for (const Module& module : modules) writeModule(writer, module, defaults);
  return writer.take();
}

}  // namespace wagi::config
