#include "supply/artifact/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <optional>

#include "base/text.h"

namespace wagi::artifact {
namespace {

using namespace std::string_view_literals;

constexpr auto kMagic = "\0asm"sv;
constexpr auto kModuleVersion = "\1\0\0\0"sv;
constexpr std::size_t kHeaderBytes = 8;
// The first bytes of a file, which decide whether it is text, and are quoted.
constexpr std::size_t kLookedAtBytes = 512;

struct Signature {
  std::string_view bytes;
  std::string_view description;
};

constexpr auto kSignatures = std::to_array<Signature>({
    {"\x7f"
     "ELF"sv,
     "an ELF executable, library or object, native code"},
    {"MZ"sv, "a Windows executable"},
    {"\xfe\xed\xfa\xce"sv, "a Mach-O executable or library"},
    {"\xfe\xed\xfa\xcf"sv, "a Mach-O executable or library"},
    {"\xce\xfa\xed\xfe"sv, "a Mach-O executable or library"},
    {"\xcf\xfa\xed\xfe"sv, "a Mach-O executable or library"},
    {"\xca\xfe\xba\xbe"sv, "a Mach-O universal binary or a Java class"},
    {"\x1f\x8b"sv, "a gzip archive"},
    {"PK\x03\x04"sv, "a zip archive"},
    {"BZh"sv, "a bzip2 archive"},
    {"\xfd"
     "7zXZ"sv,
     "an xz archive"},
    {"\x28\xb5\x2f\xfd"sv, "a zstd archive"},
    {"!<arch>\n"sv, "a static library (ar archive)"},
    {"BC\xc0\xde"sv, "LLVM bitcode"},
    {"version https://git-lfs"sv, "a Git LFS pointer, whose file wasn't fetched"},
    {"%PDF"sv, "a PDF document"},
    {"\x89PNG"sv, "a PNG image"},
    {"#!"sv, "a script"},
});

std::string_view withoutLeading(char c, std::string_view text) {
  while (text.starts_with(c)) text.remove_prefix(1);
  return text;
}

bool beginsWithLetter(std::string_view text) {
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text.front())) != 0;
}

bool isSpace(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

std::string_view withoutLeadingSpace(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty() && isSpace(text.front())) text.remove_prefix(1);
  return text;
}

// The text behind the comments ";; ..." and "(; ... ;)" that it begins with.
std::string_view withoutLeadingComments(std::string_view text) {
  for (;;) {
    text = withoutLeadingSpace(text);
    if (text.starts_with(";;")) {
      text = text.substr(std::min(text.find('\n'), text.size()));
    } else if (text.starts_with("(;")) {
      const std::size_t end = text.find(";)", 2);
      if (end == std::string_view::npos) return {};
      text = text.substr(end + 2);
    } else {
      return text;
    }
  }
}

// An unsigned LEB128 number of up to 32 bits, taken off `bytes`.
std::optional<std::uint32_t> takeLeb(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (bytes.empty()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return static_cast<std::uint32_t>(value);
  }
  return std::nullopt;
}

// Whether a section's stated size goes past the end of the file.
bool isCutOff(std::string_view module) {
  std::string_view rest = module.substr(kHeaderBytes);
  while (!rest.empty()) {
    rest.remove_prefix(1);  // The section's id.
    const auto size = takeLeb(rest);
    if (!size || *size > rest.size()) return true;
    rest.remove_prefix(*size);
  }
  return false;
}

std::string describeWebAssembly(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return "a WebAssembly file that was cut off in its header";
  const std::string_view version = bytes.substr(kMagic.size(), kModuleVersion.size());
  if (version == kModuleVersion) {
    return isCutOff(bytes) ? "a WebAssembly module that was cut off" : "";
  }
  // The component model's layer number is the upper half of the version.
  if (version.substr(2) == "\1\0"sv) {
    return "a WebAssembly component (WASI 0.2 or later), which is not supported yet; "
           "build a core module for WASI preview 1";
  }
  return fmt::format("WebAssembly of an unknown version ({:02x})", fmt::join(version, " "));
}

std::string describeText(std::string_view text) {
  if (startsWithIgnoringCase(text, "<!doctype html") || startsWithIgnoringCase(text, "<html")) {
    return "an HTML page; was an error page saved in place of a download?";
  }
  if (text.starts_with("<?xml") || text.starts_with('<')) return "an XML document";
  if (text.starts_with('[') && beginsWithLetter(withoutLeading('[', text))) return "TOML";
  if (text.starts_with('{') || text.starts_with('[')) return "JSON";
  return "plain text";
}

bool looksLikeText(std::string_view bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && !isSpace(c)) || byte == 0x7f;
  });
}

}  // namespace

FileKind fileKindOf(std::string_view bytes) {
  if (bytes.starts_with(kMagic) && bytes.substr(kMagic.size()).starts_with(kModuleVersion)) {
    return FileKind::kModule;
  }
  if (withoutLeadingComments(bytes).starts_with('(')) return FileKind::kText;
  return FileKind::kOther;
}

std::string describe(std::string_view bytes) {
  if (bytes.empty()) return "empty";
  if (bytes.starts_with(kMagic)) return describeWebAssembly(bytes);
  for (const Signature& signature : kSignatures) {
    if (bytes.starts_with(signature.bytes)) return std::string(signature.description);
  }
  const std::string_view begin = bytes.substr(0, kLookedAtBytes);
  const std::string_view text = withoutLeadingSpace(begin);
  if (text.empty()) return "blank";
  if (looksLikeText(begin)) return describeText(text);
  return fmt::format("binary data of a kind that isn't known (it begins with {:02x})",
                     fmt::join(begin.substr(0, 4), " "));
}

}  // namespace wagi::artifact
