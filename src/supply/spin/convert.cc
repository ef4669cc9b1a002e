#include "supply/spin/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <string_view>

#include "base/printable.h"
#include "base/text.h"
#include "config/write.h"
#include "guest/gateway/argv.h"
#include "routing/pattern.h"
#include "supply/spin/hosts.h"

namespace wagi::spin {
namespace {

// A segment of `route` that is a wildcard in Spin, but not in Wagi; "" if there is none.
std::string_view wildcardIn(std::string_view route) {
  for (std::size_t begin = 0; begin < route.size();) {
    const std::size_t end = std::min(route.find('/', begin), route.size());
    const std::string_view segment = route.substr(begin, end - begin);
    if (segment.starts_with(':') || segment == "*") return segment;
    begin = end + 1;
  }
  return {};
}

std::string inFolder(const std::string& folder, const std::string& name) {
  std::string path = folder.empty() || name.starts_with('/') ? name
                     : folder.ends_with('/')                 ? folder + name
                                                             : fmt::format("{}/{}", folder, name);
  // A ':' before the first slash would be the end of a URL's scheme.
  return path.find(':') < path.find('/') ? "./" + path : path;
}

// Makes the name of a component's folder of copies from any `id`.
std::string folderNameOf(std::string_view id) {
  std::string name(id);
  static constexpr Alphabet kKept("-_");
  std::ranges::replace_if(name, [](char c) { return !kKept.has(c); }, '-');
  return name;
}

class Conversion {
 public:
  Conversion(const Manifest& manifest, const glob::Folder& project, const Destination& destination,
             Report& report)
      : manifest_(manifest), project_(project), destination_(destination), report_(report) {}

  Converted run() {
    for (const auto& [route, trigger] : lastOfEachRoute()) {
      const Component& component = manifest_.components.at(trigger->component);
      if (auto module = moduleOf(*trigger, component)) {
        converted_.modules.push_back(*std::move(module));
        converted_.components.push_back(component.id);
      }
    }
    return std::move(converted_);
  }

 private:
  using Routed = std::pair<routing::Pattern, const Trigger*>;

  void leaveOut(const Trigger& trigger, std::string_view why) {
    report_.leaveOut(trigger.place, fmt::format("route `{}` of component `{}`: {}", trigger.route,
                                                trigger.component, why));
  }

  // The last trigger of each route, in the order in which Wagi is to try them.
  std::vector<Routed> lastOfEachRoute() {
    std::vector<Routed> routes;
    for (const Trigger& trigger : manifest_.triggers) {
      if (const auto wildcard = wildcardIn(trigger.route); !wildcard.empty()) {
        leaveOut(trigger,
                 fmt::format("Wagi's routes have no `{}`; only `/...` at the end", wildcard));
        continue;
      }
      auto pattern = routing::Pattern::parse(trigger.route);
      if (!pattern) {
        leaveOut(trigger, pattern.error().message);
        continue;
      }
      const auto same = std::ranges::find(routes, pattern->text(),
                                          [](const Routed& routed) { return routed.first.text(); });
      if (same == routes.end()) {
        routes.emplace_back(*std::move(pattern), &trigger);
      } else {
        leaveOut(*same->second, fmt::format("line {} has the same route, and the last one wins",
                                            trigger.place.line));
        same->second = &trigger;
      }
    }
    std::ranges::stable_sort(routes, [](const Routed& a, const Routed& b) {
      if (a.first.isPrefix() != b.first.isPrefix()) return b.first.isPrefix();
      return a.first.isPrefix() && a.first.base().size() > b.first.base().size();
    });
    return routes;
  }

  std::optional<config::Module> moduleOf(const Trigger& trigger, const Component& component) {
    config::Module module;
    module.route = trigger.route;
    module.module = inFolder(destination_.folder, component.source);
    module.entrypoint = trigger.entrypoint;
    module.argv = trigger.argv;
    if (const auto good = gateway::checkArgv(trigger.argv); !good) {
      leaveOut(trigger, good.error().message);
      return std::nullopt;
    }
    module.environment = component.environment;
    const Shared& shared = sharedOf(component);
    module.volumes = shared.volumes;
    module.allowed_hosts = shared.hosts;
    // A module that Wagi's own reader refuses, such as one with a volume at "/../x", is left out.
    auto text = config::write({module});
    const auto read = text ? config::parse(*text, "")
                           : std::unexpected(std::vector{
                                 config::Diagnostic{.place = {}, .message = text.error().message}});
    if (read) return module;
    for (const config::Diagnostic& mistake : read.error()) leaveOut(trigger, mistake.message);
    return std::nullopt;
  }

  // The parts that all modules of a component share. They are made once, so that their mistakes are
  // reported once.
  struct Shared {
    std::vector<config::Volume> volumes;
    std::vector<std::string> hosts;
  };

  const Shared& sharedOf(const Component& component) {
    const auto [found, is_new] = shared_.try_emplace(component.id);
    if (is_new) found->second = {.volumes = volumesOf(component), .hosts = hostsOf(component)};
    return found->second;
  }

  std::vector<config::Volume> volumesOf(const Component& component) {
    const auto copying = destination_.copies ? Copying::kYes : Copying::kNo;
    Files files = filesOf(component, project_, limits_, copying, report_);
    std::vector<config::Volume> volumes;
    for (const auto& [guest, folder] : files.folders) {
      const std::string host = folder == "." && !destination_.folder.empty()
                                   ? destination_.folder
                                   : inFolder(destination_.folder, folder);
      volumes.push_back({.guest = guest, .host = host, .read_only = true, .place = {}});
    }
    if (!files.copies.empty()) {
      std::string folder = *destination_.copies + '/' + folderNameOf(component.id);
      const auto taken = [&](const auto& copy) { return copy.first == folder; };
      while (std::ranges::any_of(converted_.copies, taken)) folder.push_back('_');
      volumes.push_back({.guest = "/", .host = folder, .read_only = true, .place = {}});
      converted_.copies.emplace_back(std::move(folder), std::move(files));
    }
    return volumes;
  }

  std::vector<std::string> hostsOf(const Component& component) {
    std::vector<std::string> hosts;
    const auto add = [&](const Fields::Text& text, std::string_view key, auto convert) {
      if (text.text.empty()) return;
      auto converted = convert(text.text);
      if (converted) {
        hosts.insert(hosts.end(), converted->begin(), converted->end());
      } else {
        report_.leaveOut(text.place,
                         fmt::format("`{}` of component `{}`: `{}`: {}", key, component.id,
                                     text.text, converted.error().message));
      }
    };
    for (const auto& text : component.hosts) add(text, "allowed_http_hosts", spin::hostsOf);
    for (const auto& text : component.outbound_hosts) {
      add(text, "allowed_outbound_hosts", outboundHostsOf);
    }
    return hosts;
  }

  const Manifest& manifest_;
  const glob::Folder& project_;
  const Destination& destination_;
  Report& report_;
  glob::Limits limits_;
  Converted converted_;
  std::map<std::string, Shared> shared_;
};

// Makes one line of a comment from any `text`.
std::string comment(std::string_view text) {
  return fmt::format("# {}\n", printable(text, kMessageBytesMax));
}

}  // namespace

Converted convert(const Manifest& manifest, const glob::Folder& project,
                  const Destination& destination, Report& report) {
  return Conversion(manifest, project, destination, report).run();
}

Result<std::string> write(const Converted& converted, const Manifest& manifest,
                          const std::string& file) {
  assert(!converted.modules.empty());
  std::string text =
      comment(fmt::format("{}{}{}, from {} by wagi import.", manifest.name,
                          manifest.version.empty() ? "" : " ", manifest.version, file));
  text += comment("Paths are relative to the folder in which wagi is started.");
  for (std::size_t i = 0; i < converted.modules.size(); ++i) {
    const auto module = config::write({converted.modules[i]});
    if (!module) return std::unexpected(module.error());
    text += '\n' + comment("Component " + converted.components[i]) + *module;
  }
  return text;
}

}  // namespace wagi::spin
