#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "supply/spin/convert.h"

namespace wagi::spin {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

class SpinTest : public testing::Test {
 protected:
  void put(const std::string& name) const {
    fs::create_directories((root() / name).parent_path());
    std::ofstream(root() / name) << name;
  }
  fs::path root() const { return directory_.path(); }

  // Imports a file: returns its modules, and sets `left_out_`, `notes_` and `mistakes_` to lines of
  // the report.
  std::vector<config::Module> import(const std::string& text, const Destination& destination = {}) {
    Report report("spin.toml");
    const auto manifest = parse(text, report);
    if (manifest) {
      converted_ =
          convert(*manifest, glob::Folder::open(directory_.path()).value(), destination, report);
      if (!converted_.modules.empty()) {
        text_ = write(converted_, *manifest, "spin.toml").value();
        EXPECT_TRUE(config::parse(text_, "m.toml")) << text_;
      }
    }
    mistakes_ = config::text(report.mistakes.take());
    left_out_ = config::text(report.left_out.take());
    notes_ = config::text(report.notes.take());
    EXPECT_EQ(manifest.has_value(), mistakes_.empty());
    return manifest ? converted_.modules : std::vector<config::Module>{};
  }

  // The only module of a file of version 2, which has `lines` in its component.
  config::Module module(const std::string& lines, const Destination& destination = {}) {
    const auto modules = import(
        "spin_manifest_version = 2\n[application]\nname = \"a\"\n[[trigger.http]]\n"
        "route = \"/x\"\ncomponent = \"c\"\nexecutor = {type = \"wagi\"}\n"
        "[component.c]\nsource = \"c.wasm\"\n" +
            lines,
        destination);
    EXPECT_EQ(modules.size(), 1u) << mistakes_ << left_out_;
    return modules.empty() ? config::Module{} : modules[0];
  }

  std::string left_out_, notes_, mistakes_, text_;
  Converted converted_;

 private:
  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
};

TEST_F(SpinTest, Version1) {
  put("assets/a.txt");
  const auto modules = import(R"(spin_manifest_version = "1"
name = "app"
version = "1.2.3"
description = "d"
authors = ["x"]
trigger = {type = "http", base = "/base"}

[[component]]
id = "one"
source = "target/one.wasm"
files = [{source = "assets", destination = "/static"}]
environment = {B = "2", A = "{{ not_a_variable }}"}
allowed_http_hosts = ["example.com", "https://example.org:8443"]
[component.trigger]
route = "/one/..."
executor = {type = "wagi", argv = "x ${ARGS}", entrypoint = "main"}
[component.build]
command = "make"
)");
  ASSERT_EQ(modules.size(), 1u) << mistakes_ << left_out_;
  const config::Module& m = modules[0];
  EXPECT_EQ(m.route, "/base/one/...");
  EXPECT_EQ(m.module, "target/one.wasm");
  EXPECT_EQ(m.entrypoint, "main");
  EXPECT_EQ(m.argv, "x ${ARGS}");
  EXPECT_THAT(m.environment, ElementsAre(Pair("A", "{{ not_a_variable }}"), Pair("B", "2")));
  EXPECT_THAT(m.allowed_hosts,
              ElementsAre("http://example.com", "https://example.com", "https://example.org:8443"));
  ASSERT_EQ(m.volumes.size(), 1u);
  EXPECT_EQ(m.volumes[0].guest, "/static");
  EXPECT_EQ(m.volumes[0].host, "assets");
  EXPECT_TRUE(m.volumes[0].read_only);
  EXPECT_EQ(left_out_, "");
  EXPECT_EQ(notes_,
            "spin.toml:17:1: `build` of component `one`: Wagi builds nothing; run its "
            "command before you start wagi");
}

TEST_F(SpinTest, Version2) {
  const auto modules = import(R"(spin_manifest_version = 2
[application]
name = "app"
[application.trigger.http]
base = "/"
[[trigger.http]]
id = "t"
route = "/..."
component = "one"
executor = {type = "wagi"}
[[trigger.http]]
route = "/inline"
component = {source = "/abs/two.wasm"}
executor = {type = "wagi"}
[[trigger.http]]
route = "/again"
component = "one"
executor = {type = "wagi", argv = ""}
[component.one]
source = "one.wasm"
allowed_outbound_hosts = ["*://a.example:81", "https://*.example.com"]
[component.one.tool.x]
y = 1
)");
  ASSERT_EQ(modules.size(), 3u) << mistakes_ << left_out_;
  EXPECT_EQ(modules[0].route, "/inline");
  EXPECT_EQ(modules[0].module, "/abs/two.wasm");
  EXPECT_EQ(modules[1].route, "/again");
  EXPECT_EQ(modules[1].argv, "");
  EXPECT_EQ(modules[2].route, "/...");
  EXPECT_EQ(modules[2].entrypoint, "_start");
  EXPECT_EQ(modules[2].argv, "${SCRIPT_NAME} ${ARGS}");
  EXPECT_THAT(modules[2].allowed_hosts,
              ElementsAre("http://a.example:81", "https://a.example:81", "https://*.example.com"));
  EXPECT_EQ(left_out_, "");
}

TEST_F(SpinTest, PathsAreFromTheFolderOfTheFile) {
  put("assets/a.txt");
  const auto m = module("files = [\"assets\", \"**/*\"]\n", {.folder = "app", .copies = {}});
  EXPECT_EQ(m.module, "app/c.wasm");
  ASSERT_EQ(m.volumes.size(), 2u);
  EXPECT_EQ(m.volumes[0].guest, "/");
  EXPECT_EQ(m.volumes[0].host, "app");
  EXPECT_EQ(m.volumes[1].host, "app/assets");
}

TEST_F(SpinTest, ASourceIsNoReference) {
  const auto modules = import(
      "spin_manifest_version = 2\n[[trigger.http]]\nroute = \"x\"\nexecutor = {type = \"wagi\"}\n"
      "component = {source = \"oci:x\"}\n");
  ASSERT_EQ(modules.size(), 1u) << mistakes_;
  EXPECT_EQ(modules[0].module, "./oci:x");
  EXPECT_EQ(modules[0].route, "/x");
}

TEST_F(SpinTest, WhatSaysMoreComesFirst) {
  std::string text = "spin_manifest_version = 2\n[component.c]\nsource = \"c.wasm\"\n";
  for (const char* route : {"/...", "/a/...", "/b", "/a/b/...", "/a/b"}) {
    text += "[[trigger.http]]\ncomponent = \"c\"\nexecutor = {type = \"wagi\"}\nroute = \"" +
            std::string(route) + "\"\n";
  }
  std::vector<std::string> routes;
  for (const auto& m : import(text)) routes.push_back(m.route);
  EXPECT_THAT(routes, ElementsAre("/b", "/a/b", "/a/b/...", "/a/...", "/..."));
}

TEST_F(SpinTest, OtherExecutorsAndTriggersAreLeftOut) {
  const auto modules = import(R"(spin_manifest_version = 2
[[trigger.http]]
route = "/default"
component = "a"
[[trigger.http]]
route = "/spin"
component = "a"
executor = {type = "spin"}
[[trigger.http]]
route = "/static"
static_response = {body = "x"}
[[trigger.http]]
route = {private = true}
component = "b"
executor = {type = "wagi"}
[[trigger.redis]]
channel = "x"
component = "b"
[component.a]
source = "a.wasm"
executor = {type = "wagi"}
[component.b]
source = "b.wasm"
[component.c]
source = "c.wasm"
)");
  EXPECT_THAT(modules, IsEmpty());
  EXPECT_EQ(mistakes_, "");
  EXPECT_EQ(left_out_,
            "spin.toml:2:1: component `a`: it is for the default executor of Spin, and Wagi runs "
            "only programs of the `wagi` executor\n"
            "spin.toml:8:12: component `a`: it is for the executor `spin`, and Wagi runs only "
            "programs of the `wagi` executor\n"
            "spin.toml:9:1: [[trigger.http]]: it has no `component` of its own\n"
            "spin.toml:13:9: `route` of [[trigger.http]]: a route that only other components can "
            "call\n"
            "spin.toml:16:11: `redis` triggers: Wagi serves HTTP only\n"
            "spin.toml:24:12: component `c`: no HTTP trigger runs it");
}

TEST_F(SpinTest, ServicesAreLeftOut) {
  module(R"(key_value_stores = ["default"]
sqlite_databases = ["default"]
ai_models = ["llama"]
variables = {x = "{{ y }}"}
executor = {type = "wagi"}
unknown = 1
allowed_outbound_hosts = ["insecure:allow-all", "redis://x", "https://{{ host }}", "https://*"]
dependencies_inherit_configuration = false
)");
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:10:20: `key_value_stores` of component `c`: "));
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:11:20: `sqlite_databases` of component `c`: "));
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:12:13: `ai_models` of component `c`: "));
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:13:13: `variables` of component `c`: "));
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:14:12: `executor` of component `c`: it has no effect "
                                   "in Spin, either"));
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:15:1: `unknown` of component `c`: nothing is known"));
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:16:27: `allowed_outbound_hosts` of component `c`: "
                                   "`insecure:allow-all`: it allows every host"));
  EXPECT_THAT(left_out_, HasSubstr("`redis://x`: a program can call only HTTP and HTTPS"));
  EXPECT_THAT(left_out_, HasSubstr("`https://{{ host }}`: Wagi has no variables"));
  EXPECT_THAT(left_out_, HasSubstr("`https://*`: `allowed_hosts` has no such wildcard"));
  EXPECT_THAT(left_out_, testing::Not(HasSubstr("dependencies")));
  EXPECT_EQ(std::ranges::count(left_out_, '\n'), 9);
}

TEST_F(SpinTest, RoutesThatWagiLacksAreLeftOut) {
  std::string text = "spin_manifest_version = 2\n[component.c]\nsource = \"c.wasm\"\n";
  for (const char* route : {"/a/:id", "/a/*/b", "/x/.../y", "/same", "/same"}) {
    text += "[[trigger.http]]\ncomponent = \"c\"\nexecutor = {type = \"wagi\"}\nroute = \"" +
            std::string(route) + "\"\n";
  }
  EXPECT_EQ(import(text).size(), 1u);
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:7:9: route `/a/:id` of component `c`: Wagi's routes "
                                   "have no `:id`; only `/...` at the end"));
  EXPECT_THAT(left_out_, HasSubstr("Wagi's routes have no `*`"));
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:15:9: route `/x/.../y`"));
  EXPECT_THAT(left_out_,
              HasSubstr("spin.toml:19:9: route `/same` of component `c`: line 23 has the "
                        "same route"));
}

TEST_F(SpinTest, WhatNoModulesTomlTakesIsLeftOut) {
  put("assets/a.txt");
  for (const char* lines : {"files = [{source = \"assets\", destination = \"/../x\"}]\n"}) {
    const auto modules = import(
        "spin_manifest_version = 2\n[[trigger.http]]\nroute = \"/x\"\ncomponent = \"c\"\n"
        "executor = {type = \"wagi\"}\n[component.c]\nsource = \"c.wasm\"\n" +
        std::string(lines));
    EXPECT_THAT(modules, IsEmpty());
    EXPECT_THAT(left_out_, HasSubstr("spin.toml:3:9: route `/x` of component `c`: "));
  }
  EXPECT_THAT(import("spin_manifest_version = 2\n[[trigger.http]]\nroute = \"/x\"\n"
                     "component = {source = \"c.wasm\"}\n"
                     "executor = {type = \"wagi\", argv = \"${OTHER}\"}\n"),
              IsEmpty());
  EXPECT_THAT(left_out_, HasSubstr("unknown variable `${OTHER}`"));
}

TEST_F(SpinTest, RemoteModulesAreLeftOut) {
  EXPECT_THAT(import(R"(spin_version = "1"
name = "a"
trigger = {type = "http"}
[[component]]
id = "c"
source = {url = "https://example.com/c.wasm", digest = "sha256:00"}
[component.trigger]
route = "/c"
executor = {type = "wagi"}
)"),
              IsEmpty());
  EXPECT_EQ(left_out_,
            "spin.toml:6:10: component `c`: its module is fetched from https://example.com/c.wasm; "
            "download it, and name its file in `source`");
}

TEST_F(SpinTest, AnApplicationForRedisIsLeftOut) {
  EXPECT_THAT(
      import("spin_manifest_version = 1\nname = \"a\"\ntrigger = {type = \"redis\", address "
             "= \"x\"}\n[[component]]\nid = \"c\"\nsource = \"c.wasm\"\n"
             "[component.trigger]\nchannel = \"x\"\n"),
      IsEmpty());
  EXPECT_EQ(mistakes_, "");
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:3:19: `type` of `trigger`: `redis` triggers: Wagi "
                                   "serves HTTP only"));
}

TEST_F(SpinTest, Mistakes) {
  const auto mistake = [&](const std::string& text) {
    EXPECT_THAT(import(text), IsEmpty()) << text;
    return mistakes_;
  };
  EXPECT_EQ(mistake("name = 1"),
            "spin.toml: there is no `spin_manifest_version`: this is no spin.toml");
  EXPECT_EQ(mistake("spin_manifest_version = 3"),
            "spin.toml:1:25: `spin_manifest_version`: only \"1\" and 2 are known");
  EXPECT_THAT(mistake("spin_manifest_version = \"1\"\nname = \"a\"\n"),
              HasSubstr("has no `trigger`"));
  EXPECT_THAT(mistake("spin_manifest_version = 2\n[[trigger.http]]\nroute = \"/\"\ncomponent = "
                      "\"c\"\nexecutor = {type = \"wagi\"}\n"),
              HasSubstr("spin.toml:4:13: there is no [component.c]"));
  EXPECT_THAT(mistake("spin_manifest_version = 2\n[trigger]\nhttp = 1\n"),
              HasSubstr("`trigger.http`: expected a list of tables, found an integer"));
  EXPECT_THAT(mistake("spin_manifest_version = 1\ntrigger = {type = \"http\"}\n[[component]]\n"
                      "id = 1\nsource = \"x\"\n"),
              HasSubstr("spin.toml:4:6: `id`: expected a string, found an integer"));
  EXPECT_THAT(mistake("a = "), HasSubstr("spin.toml:1:"));
}

TEST_F(SpinTest, FilesThatAreNoFolderNeedACopy) {
  for (const char* name : {"assets/a.txt", "assets/b.bin", "assets/deep/.hidden", "one.txt"}) {
    put(name);
  }
  const std::string lines =
      "files = [\"assets/*.txt\", \"one.txt\", {source = \"assets\", destination = \"/static\"}]\n"
      "exclude_files = [\"**/*.bin\"]\n";
  EXPECT_THAT(module(lines).volumes, IsEmpty());
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:10:10: files of component `c`: the pattern "
                                   "`assets/*.txt` means some files of a folder, which must be "
                                   "copied: give --files DIR"));
  EXPECT_THAT(left_out_, HasSubstr("spin.toml:10:26: files of component `c`: `one.txt` is a file"));
  EXPECT_THAT(left_out_, HasSubstr("`assets` is a folder of which `exclude_files` names a part, "
                                   "and must be copied"));

  const std::string out = (root() / "out").string();
  const auto m = module(lines, {.folder = "", .copies = out});
  EXPECT_EQ(left_out_, "");
  ASSERT_EQ(m.volumes.size(), 1u);
  EXPECT_EQ(m.volumes[0].guest, "/");
  EXPECT_EQ(m.volumes[0].host, out + "/c");
  ASSERT_EQ(converted_.copies.size(), 1u);
  EXPECT_THAT(converted_.copies[0].second.copies,
              ElementsAre(Pair("assets/a.txt", "assets/a.txt"), Pair("one.txt", "one.txt"),
                          Pair("static/a.txt", "assets/a.txt"),
                          Pair("static/deep/.hidden", "assets/deep/.hidden")));

  const auto project = glob::Folder::open(root()).value();
  ASSERT_TRUE(copy(converted_.copies[0].second, project, out + "/c"));
  EXPECT_EQ(readFile(out + "/c/static/deep/.hidden", 100).value(), "assets/deep/.hidden");
  EXPECT_THAT(copy(converted_.copies[0].second, project, out + "/c").error().message,
              HasSubstr("is there already"));
}

TEST_F(SpinTest, FilesOutOfTheFolderAreLeftOut) {
  put("a");
  fs::create_symlink("/etc", root() / "out");
  for (const char* item : {"\"../x\"", "\"/etc/passwd\"", "\"**/../x\"", "\"out/passwd\"",
                           "\"out\"", "{source = \"..\", destination = \"/\"}", "\"out/**/*\"",
                           "{source = \"/etc\", destination = \"/\"}"}) {
    const Destination copied{.folder = "", .copies = (root() / "copies").string()};
    EXPECT_THAT(module("files = [" + std::string(item) + "]\n", copied).volumes, IsEmpty()) << item;
    EXPECT_THAT(left_out_, HasSubstr("leaves the folder")) << item;
  }
}

TEST_F(SpinTest, NothingOfTheFileEndsALineOfTheOutput) {
  import(
      "spin_manifest_version = 2\n[application]\nname = \"a\\n[server]\\nworkers = 9\"\n"
      "[[trigger.http]]\nroute = \"/x\"\nexecutor = {type = \"wagi\"}\ncomponent = \"a\\nb\"\n"
      "[component.\"a\\nb\"]\nsource = \"c.wasm\"\n");
  EXPECT_THAT(text_, HasSubstr("# a\\n[server]\\nworkers = 9, from spin.toml"));
  EXPECT_THAT(text_, HasSubstr("# Component a\\nb\n"));
  EXPECT_FALSE(config::parse(text_, "m.toml")->server.workers.has_value());
}

}  // namespace
}  // namespace wagi::spin
