#include "supply/spin/manifest.h"

#include <fmt/format.h>

#include <cstdint>
#include <set>
#include <utility>

#include "supply/spin/component.h"

namespace wagi::spin {
namespace {

constexpr std::string_view kHttp = "http";
constexpr std::string_view kOnlyHttp = "Wagi serves HTTP only";

// The defaults of Spin's executor.
constexpr std::string_view kEntrypoint = "_start";
constexpr std::string_view kArgv = "${SCRIPT_NAME} ${ARGS}";

// Joins the two with exactly one '/', as Spin does, which accepts one too few or too many.
std::string joined(std::string_view base, std::string_view route) {
  while (base.ends_with('/')) base.remove_suffix(1);
  while (base.starts_with('/')) base.remove_prefix(1);
  while (route.starts_with('/')) route.remove_prefix(1);
  return fmt::format("{}{}/{}", base.empty() ? "" : "/", base, route);
}

// Reads either version of the format into a manifest.
class Reader {
 public:
  explicit Reader(Report& report) : report_(report) {}

  Manifest readVersion1(const toml::table& root) {
    Fields fields(root, "the file", report_);
    fields.ignore("spin_manifest_version");
    fields.ignore("spin_version");
    readDetails(fields);
    leaveOutVariables(fields);
    std::string base;
    bool is_http = false;
    if (fields.any("trigger") == nullptr) {
      report_.mistakes.add(root.source(), "the file has no `trigger`, which is required");
    } else if (const toml::table* table = fields.table("trigger")) {
      Fields trigger(*table, "`trigger`", report_);
      const auto type = trigger.required("type");
      is_http = type == kHttp;
      if (type && !is_http) {
        trigger.leaveOut("type", fmt::format("`{}` triggers: {}", *type, kOnlyHttp));
      }
      base = trigger.string("base").value_or("");
      trigger.leaveOutRest();
    }
    for (const toml::table* table : fields.tables("component")) {
      readComponent1(*table, base, is_http);
    }
    fields.leaveOutRest();
    return std::move(manifest_);
  }

  Manifest readVersion2(const toml::table& root) {
    Fields fields(root, "the file", report_);
    fields.ignore("spin_manifest_version");
    leaveOutVariables(fields);
    std::string base;
    if (const toml::table* table = fields.table("application")) base = readApplication(*table);
    if (const toml::table* table = fields.table("component")) components_ = table;
    if (const toml::table* triggers = fields.table("trigger")) {
      for (const auto& [type, value] : *triggers) {
        if (type.str() != kHttp) {
          report_.left_out.add(type.source(),
                               fmt::format("`{}` triggers: {}", type.str(), kOnlyHttp));
          continue;
        }
        for (const toml::table* table :
             config::readTables("trigger.http", value, SIZE_MAX, report_.mistakes)) {
          readTrigger2(*table, base);
        }
      }
    }
    leaveOutUnused();
    fields.leaveOutRest();
    return std::move(manifest_);
  }

 private:
  void readDetails(Fields& fields) {
    manifest_.name = fields.string("name").value_or("");
    manifest_.version = fields.string("version").value_or("");
    fields.ignore("description");
    fields.ignore("authors");
  }

  void leaveOutVariables(Fields& fields) {
    fields.leaveOut("variables",
                    "Wagi has no variables that are set when it starts; see "
                    "`environment`");
  }

  // Returns the application's base path.
  std::string readApplication(const toml::table& table) {
    Fields fields(table, "[application]", report_);
    readDetails(fields);
    fields.ignore("tool");
    std::string base;
    if (const toml::table* triggers = fields.table("trigger")) {
      Fields global(*triggers, "[application.trigger]", report_);
      if (const toml::table* http = global.table(kHttp)) {
        Fields trigger(*http, "[application.trigger.http]", report_);
        base = trigger.string("base").value_or("");
        trigger.leaveOutRest();
      }
      for (const auto& [type, value] : *triggers) {
        if (type.str() != kHttp) global.leaveOut(type.str(), kOnlyHttp);
      }
    }
    fields.leaveOutRest();
    return base;
  }

  // Whether it is the `wagi` executor, and how that is to run the program.
  bool readExecutor(Fields& trigger, std::string_view component, Trigger& read) {
    const auto leaveOut = [&](const toml::source_region& source, std::string_view executor) {
      report_.left_out.add(source, fmt::format("component `{}`: it is for the {}, and Wagi runs "
                                               "only programs of the `wagi` executor",
                                               component, executor));
      return false;
    };
    const toml::table* table = trigger.table("executor");
    if (table == nullptr) return leaveOut(trigger.source(), "default executor of Spin");
    Fields executor(*table, "`executor`", report_);
    const auto type = executor.required("type");
    if (!type) return false;
    if (*type != "wagi") return leaveOut(table->source(), fmt::format("executor `{}`", *type));
    read.entrypoint = executor.string("entrypoint").value_or("");
    if (read.entrypoint.empty()) read.entrypoint = kEntrypoint;
    read.argv = executor.string("argv").value_or(std::string(kArgv));
    executor.leaveOutRest();
    return true;
  }

  void readComponent1(const toml::table& table, std::string_view base, bool is_http) {
    const std::string id = Fields(table, "[[component]]", report_).required("id").value_or("");
    Fields fields(table, fmt::format("component `{}`", id), report_);
    fields.ignore("id");
    const toml::table* inner = fields.table("trigger");
    if (inner == nullptr) {
      report_.mistakes.add(table.source(), fields.name() + " has no `trigger`, which is required");
      return;
    }
    // The application's trigger was reported already as one that can't be served.
    if (!is_http) return;
    Fields trigger(*inner, fmt::format("`trigger` of component `{}`", id), report_);
    Trigger read;
    read.component = id;
    if (!readRoute(trigger, base, read) || !readExecutor(trigger, id, read)) return;
    trigger.leaveOutRest();
    if (manifest_.components.contains(id)) {
      report_.mistakes.add(table.source(), fmt::format("there are two components `{}`", id));
    } else if (auto component = readComponent(fields, id, Version::k1, report_)) {
      manifest_.components.emplace(id, *std::move(component));
      manifest_.triggers.push_back(std::move(read));
    }
  }

  bool readRoute(Fields& trigger, std::string_view base, Trigger& read) {
    const toml::node* value = trigger.any("route");
    read.place = trigger.placeOf("route");
    if (value != nullptr && value->is_table()) {
      trigger.leaveOut("route", "a route that only other components can call");
      return false;
    }
    const auto route = trigger.required("route");
    if (route) read.route = joined(base, *route);
    return route.has_value();
  }

  void readTrigger2(const toml::table& table, std::string_view base) {
    Fields trigger(table, "[[trigger.http]]", report_);
    trigger.ignore("id");
    Trigger read;
    const toml::node* component = trigger.any("component");
    if (component == nullptr) {
      report_.left_out.add(table.source(), "[[trigger.http]]: it has no `component` of its own");
      return;
    }
    // An inline component gets a name that no other has.
    const toml::table* inline_table = component->as_table();
    if (inline_table != nullptr) {
      read.component = fmt::format("line {}", component->source().begin.line);
    } else if (auto id = trigger.string("component")) {
      read.component = *std::move(id);
      used_.insert(read.component);
    } else {
      return;
    }
    if (!readRoute(trigger, base, read) || !readExecutor(trigger, read.component, read)) return;
    trigger.leaveOutRest();
    if (!manifest_.components.contains(read.component) &&
        !addComponent2(read.component, inline_table, *component)) {
      return;
    }
    manifest_.triggers.push_back(std::move(read));
  }

  bool addComponent2(const std::string& id, const toml::table* table, const toml::node& named) {
    if (table == nullptr && components_ != nullptr) {
      const toml::node* value = components_->get(id);
      table = value == nullptr ? nullptr : value->as_table();
    }
    if (table == nullptr) {
      report_.mistakes.add(named.source(), fmt::format("there is no [component.{}]", id));
      return false;
    }
    Fields fields(*table, fmt::format("component `{}`", id), report_);
    auto component = readComponent(fields, id, Version::k2, report_);
    if (!component) return false;
    manifest_.components.emplace(id, *std::move(component));
    return true;
  }

  void leaveOutUnused() {
    if (components_ == nullptr) return;
    for (const auto& [id, value] : *components_) {
      if (used_.contains(std::string(id.str()))) continue;
      report_.left_out.add(id.source(),
                           fmt::format("component `{}`: no HTTP trigger runs it", id.str()));
    }
  }

  Report& report_;
  Manifest manifest_;
  const toml::table* components_ = nullptr;  // [component.X]
  std::set<std::string> used_;               // Components that a trigger names.
};

// The version of the format, which files write as 1 or "1".
std::optional<int> versionOf(const toml::table& root, Report& report) {
  const toml::node* value = root.get("spin_manifest_version");
  if (value == nullptr) value = root.get("spin_version");
  if (value == nullptr) {
    report.mistakes.add({}, "there is no `spin_manifest_version`: this is no spin.toml");
    return std::nullopt;
  }
  if (value->value<std::string>() == "1" || value->value<std::int64_t>() == 1) return 1;
  if (value->value<std::string>() == "2" || value->value<std::int64_t>() == 2) return 2;
  report.mistakes.add(value->source(), "`spin_manifest_version`: only \"1\" and 2 are known");
  return std::nullopt;
}

}  // namespace

std::optional<Manifest> parse(std::string_view text, Report& report) {
  const auto root = config::parseToml(text, report.mistakes);
  if (!root) return std::nullopt;
  const auto version = versionOf(*root, report);
  if (!version) return std::nullopt;
  Reader reader(report);
  Manifest manifest = *version == 1 ? reader.readVersion1(*root) : reader.readVersion2(*root);
  if (!report.mistakes.none()) return std::nullopt;
  return manifest;
}

}  // namespace wagi::spin
