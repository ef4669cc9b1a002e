// `wagi push`
#include "supply/oci/push.h"

#include <fmt/core.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/say.h"
#include "cli/progress.h"
#include "cli/registry_flags.h"
#include "supply/artifact/file_kind.h"
#include "supply/artifact/load.h"

namespace wagi::cli {
namespace {

constexpr Page kPage{
    .usage = "wagi push [OPTIONS] FILE REFERENCE",
    .description =
        "Pushes a module to an OCI registry, as an artifact of the CNCF's layout for WebAssembly\n"
        "(one layer of application/wasm; text is translated first), and prints the reference with\n"
        "its digest. Credentials are Docker's (`docker login`).",
    .examples =
        "  wagi push hello.wasm oci://ghcr.io/acme/hello:1.0\n"
        "  wagi push hello.wat oci://localhost:5000/hello:1.0"};

// The path of the module in its binary form: `file` itself, or one written to `directory`.
Result<std::string> binaryOf(const std::string& file, const TemporaryDirectory& directory) {
  const auto bytes = readFile(file, artifact::kModuleBytesMax);
  if (!bytes) return std::unexpected(bytes.error());
  const auto binary = artifact::readBinary(file);
  if (!binary) return binary;
  if (*binary == *bytes) return file;
  std::string path = directory.path() + "/module.wasm";
  std::ofstream out(path, std::ios::binary);
  out << *binary;
  out.close();
  if (!out) return fail(fmt::format("can't write {}", path));
  // oci::push() puts the file's time into the manifest, so the binary gets that of its source.
  std::error_code ignored;
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(file, ignored), ignored);
  return path;
}

Result<void> pushModule(const std::string& file, const std::string& text,
                        const RegistryFlags& registry) {
  const auto reference = oci::parseReference(text);
  if (!reference) return std::unexpected(reference.error());
  if (reference->digest) {
    return fail(
        fmt::format("{}: a digest is what a push results in; give a tag", reference->text()));
  }
  const auto access = registry.access(*reference);
  if (!access) return std::unexpected(access.error());
  const auto directory = TemporaryDirectory::create("wagi-push-");
  if (!directory) return std::unexpected(directory.error());
  const auto path = binaryOf(file, *directory);
  if (!path) return std::unexpected(path.error());
  const std::string title = std::filesystem::path(file).filename().replace_extension(".wasm");
  ProgressLine line;
  const auto pushed = oci::push(
      *path, title, *reference, *access,
      [&](std::uint64_t done, std::optional<std::uint64_t> all) { line.show(done, all); });
  if (!pushed) return std::unexpected(pushed.error());
  oci::Reference fixed = *reference;
  fixed.digest = pushed->manifest;
  say(stdout, "{}\n", fixed.text());
  return {};
}

}  // namespace

int push(const Arguments& words) {
  std::string file, reference;
  RegistryFlags registry;
  CLI::App app("", "wagi push");
  setPage(app, kPage);
  app.add_option("FILE", file, "The module, binary or text")->required();
  app.add_option("REFERENCE", reference, "Where to: oci://REGISTRY/NAME:TAG")->required();
  registry.addTo(app);
  if (const auto code = parse(app, words)) return *code;
  const auto done = pushModule(file, reference, registry);
  return done ? kExitOk : failed(app, done.error());
}

}  // namespace wagi::cli
