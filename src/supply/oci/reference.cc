#include "supply/oci/reference.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "net/fetch/url.h"

namespace wagi::oci {
namespace {

constexpr std::string_view kDefaultNamespace = "library/";
constexpr std::string_view kDefaultTag = "latest";
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kTagBytesMax = 128;

bool isLower(char c) { return c >= 'a' && c <= 'z'; }
bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }

constexpr Alphabet kTagCharacters("_.-");

// A registry in lower case; any host of Docker Hub is kHub.
Result<std::string> canonicalRegistry(std::string_view text) {
  const auto origin = fetch::originAt("https", text);
  if (!origin) return std::unexpected(origin.error());
  if (origin->host.starts_with('-')) return fail("a host's name doesn't begin with '-'");
  // A dot at the end makes another name of the same host, which no rule about signatures would
  // match.
  if (origin->host.ends_with('.')) return fail("leave out the dot at its end");
  if (isHubHost(origin->host)) return std::string(kHub);
  return fmt::format("{}{}", origin->host, text.substr(origin->host.size()));
}

std::string_view withoutDefaultPort(std::string_view registry) {
  for (const std::string_view port : {":443", ":80"}) {
    if (registry.ends_with(port)) registry.remove_suffix(port.size());
  }
  return registry;
}

// Whether `part` is letters and digits, between which there may be one '.', one or two '_', or any
// number of '-'.
bool isPart(std::string_view part) {
  for (;;) {
    const auto word =
        std::ranges::find_if_not(part, [](char c) { return isLower(c) || isDigit(c); });
    if (word == part.begin()) return false;
    part.remove_prefix(static_cast<std::size_t>(word - part.begin()));
    if (part.empty()) return true;
    std::size_t separator = part.find_first_not_of('-');
    if (separator == 0) separator = part.starts_with("__") ? 2 : part[0] == '_' || part[0] == '.';
    if (separator == 0 || separator >= part.size()) return false;
    part.remove_prefix(separator);
  }
}

bool isRepository(std::string_view text) {
  while (true) {
    const std::size_t end = std::min(text.find('/'), text.size());
    if (!isPart(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

bool isTag(std::string_view tag) {
  return !tag.empty() && tag.size() <= kTagBytesMax && tag[0] != '.' && tag[0] != '-' &&
         kTagCharacters.hasAll(tag);
}

// Splits the registry off `rest`: always where it is a URL ("oci://"), else only if it looks like
// one.
std::string takeRegistry(std::string_view& rest, bool is_url) {
  const std::size_t slash = rest.find('/');
  const std::string_view first = rest.substr(0, slash);
  const bool is_registry = slash != std::string_view::npos &&
                           (is_url || first == "localhost" || first.contains('.') ||
                            first.contains(':') || std::ranges::any_of(first, isUpper));
  if (!is_registry) return is_url ? std::string() : std::string(kHub);
  rest.remove_prefix(slash + 1);
  return std::string(first);
}

}  // namespace

std::string Reference::name() const {
  return fmt::format("{}/{}", withoutDefaultPort(registry), repository);
}

std::string Reference::text() const {
  return fmt::format("oci://{}/{}{}{}{}{}", registry, repository, tag.empty() ? "" : ":", tag,
                     digest ? "@sha256:" : "", digest.value_or(""));
}

std::string Reference::target() const { return digest ? "sha256:" + *digest : tag; }

bool Reference::isLoopback() const {
  const auto origin = fetch::originAt("https", registry);
  return origin && origin->isLoopback();
}

bool isHubHost(std::string_view host) {
  return host == kHub || host == "index.docker.io" || host == "registry-1.docker.io";
}

std::string canonicalPattern(std::string_view pattern) {
  const std::size_t slash = std::min(pattern.find('/'), pattern.size());
  std::string registry = lowered(withoutDefaultPort(pattern.substr(0, slash)));
  if (isHubHost(registry)) registry = kHub;
  return registry.append(pattern.substr(slash));
}

Result<Reference> parseReference(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(fmt::format("'{}' names no artifact: {}", text, why));
  };
  std::string_view rest = text;
  if (rest.starts_with("oci:")) rest.remove_prefix(std::string_view("oci:").size());
  const bool is_url = rest.starts_with("//");
  if (is_url) rest.remove_prefix(2);

  Reference reference;
  const std::size_t at = rest.find('@');
  if (at < rest.find('/') && rest.find('/') != std::string_view::npos) {
    return fail(
        fmt::format("'{}' names an artifact, and the login before it is no part of its "
                    "name: use `docker login`",
                    rest.substr(at + 1)));
  }
  if (at != std::string_view::npos) {
    const std::string_view digest = rest.substr(at + 1);
    reference.digest = digest.starts_with("sha256:") ? store::parseDigest(digest) : std::nullopt;
    if (!reference.digest) {
      return wrong(fmt::format(
          "expected sha256: and 64 lower-case hex digits behind '@', found '{}'", digest));
    }
    rest = rest.substr(0, at);
  }
  reference.registry = takeRegistry(rest, is_url);
  if (reference.registry.empty()) {
    return wrong("expected oci://REGISTRY/NAME, there is no name behind the registry");
  }
  auto registry = canonicalRegistry(reference.registry);
  if (!registry) {
    return wrong(fmt::format("'{}' is no registry, expected HOST or HOST:PORT: {}",
                             reference.registry, registry.error().message));
  }
  reference.registry = *std::move(registry);
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (!isTag(reference.tag)) {
      return wrong(fmt::format("'{}' is no tag: up to {} letters, digits, '_', '.' and '-'",
                               reference.tag, kTagBytesMax));
    }
  } else if (!reference.digest) {
    reference.tag = kDefaultTag;
  }
  if (!isRepository(rest)) {
    return wrong(
        fmt::format("'{}' is no name: lower-case letters and digits, with '.', '_', '-' "
                    "and '/' between them",
                    rest));
  }
  if (reference.registry == kHub && !rest.contains('/')) {
    reference.repository = kDefaultNamespace;
  }
  reference.repository += rest;
  if (reference.name().size() > kNameBytesMax) {
    return wrong(fmt::format("its name is over {} bytes", kNameBytesMax));
  }
  return reference;
}

}  // namespace wagi::oci
