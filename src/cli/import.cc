// `wagi import`
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <utility>

#include "base/file.h"
#include "base/printable.h"
#include "base/say.h"
#include "cli/command.h"
#include "supply/glob/folder.h"
#include "supply/spin/convert.h"

namespace wagi::cli {
namespace {

namespace fs = std::filesystem;

constexpr Page kPage{
    .usage = "wagi import SPIN_TOML [OPTIONS]",
    .description =
        "Writes a modules.toml for the programs of a spin.toml (either version of its format) "
        "that\n"
        "Spin's `wagi` executor runs. What can't be carried over is listed on stderr, a line "
        "each,\n"
        "FILE:LINE:COLUMN: left out: what and why. The exit code is 1 where nothing could be\n"
        "written; with --strict also where anything was left out.",
    .examples =
        "  wagi import spin.toml -o modules.toml\n"
        "  wagi import spin.toml -o modules.toml --files site\n"
        "  wagi import --strict app/spin.toml > modules.toml"};

constexpr std::uint64_t kFileBytesMax = 16 << 20;

struct Options {
  std::string file;
  std::string output;
  std::optional<std::string> files;
  bool strict = false;
  bool force = false;
};

// Prints both lists together, in the order of the file; each line says its kind behind its place.
void print(const spin::Diagnostics& left_out, const spin::Diagnostics& notes) {
  std::multimap<std::pair<std::uint32_t, std::uint32_t>, config::Diagnostic> lines;
  const auto add = [&](const spin::Diagnostics& diagnostics, std::string_view kind) {
    for (const config::Diagnostic& diagnostic : diagnostics) {
      const config::Place& place = diagnostic.place;
      lines.emplace(std::pair(place.line, place.column),
                    config::Diagnostic{place, fmt::format("{}: {}", kind, diagnostic.message)});
    }
  };
  add(left_out, "left out");
  add(notes, "note");
  for (const auto& [place, line] : lines) {
    say(stderr, "{}\n", printable(line.text(), kMessageBytesMax));
  }
}

Result<void> writeOutput(const Options& options, const std::string& text) {
  if (options.output.empty() || options.output == "-") {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() ||
        std::fflush(stdout) != 0) {
      return fail(fmt::format("can't write to stdout: {}", std::strerror(errno)));
    }
    return {};
  }
  std::error_code unknown;
  if (!options.force && fs::exists(fs::symlink_status(options.output, unknown))) {
    return fail(fmt::format("{} is there already: give --force to write over it", options.output));
  }
  std::ofstream file(options.output, std::ios::binary);
  file << text;
  file.close();
  if (!file) return fail(fmt::format("can't write {}: {}", options.output, std::strerror(errno)));
  return {};
}

// Writes the modules.toml and the copies; the former isn't written where a copy fails.
Result<void> writeAll(const Options& options, const spin::Converted& converted,
                      const spin::Manifest& manifest, const glob::Folder& project) {
  auto text = spin::write(converted, manifest, options.file);
  if (!text) return std::unexpected(text.error());
  for (const auto& [folder, files] : converted.copies) {
    if (auto copied = spin::copy(files, project, folder); !copied) return copied;
  }
  return writeOutput(options, *text);
}

int failed(std::string_view message) {
  say(stderr, "wagi import: {}\n", message);
  return kExitFailed;
}

int importFile(const Options& options) {
  const auto text = readFile(options.file, kFileBytesMax);
  if (!text) return failed(text.error().message);
  const std::string folder = fs::path(options.file).parent_path().string();
  const auto project = glob::Folder::open(folder.empty() ? "." : folder);
  if (!project) return failed(project.error().message);

  spin::Report report(options.file);
  const auto manifest = spin::parse(*text, report);
  if (!manifest) {
    sayEach(stderr, report.mistakes.take());
    return kExitFailed;
  }
  const auto converted =
      spin::convert(*manifest, *project, {.folder = folder, .copies = options.files}, report);
  const auto left_out = report.left_out.take();
  print(left_out, report.notes.take());
  if (converted.modules.empty()) {
    return failed(fmt::format("{} has nothing that Wagi can serve", options.file));
  }
  if (auto written = writeAll(options, converted, *manifest, *project); !written) {
    return failed(written.error().message);
  }
  say(stderr, "wagi import: {} module{}, {} thing{} left out\n", converted.modules.size(),
      converted.modules.size() == 1 ? "" : "s", left_out.size(), left_out.size() == 1 ? "" : "s");
  return options.strict && !left_out.empty() ? kExitFailed : kExitOk;
}

}  // namespace

int importSpin(const Arguments& words) {
  CLI::App app("", "wagi import");
  setPage(app, kPage);
  Options options;
  app.add_option("SPIN_TOML", options.file, "The spin.toml, or its folder")->required();
  app.add_option("-o,--output", options.output, "Where to write (stdout)")->type_name("FILE");
  app.add_option("--files", options.files,
                 "A folder for copies of `files` that aren't whole folders")
      ->type_name("DIR");
  app.add_flag("--strict", options.strict, "Exit with 1 where anything was left out");
  app.add_flag("--force", options.force, "Write over the output file");
  if (const auto code = parse(app, words)) return *code;
  std::error_code unknown;
  if (fs::is_directory(options.file, unknown)) {
    options.file = (fs::path(options.file) / "spin.toml").lexically_normal().string();
  }
  return importFile(options);
}

}  // namespace wagi::cli
