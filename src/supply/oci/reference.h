// Names of artifacts in registries, by the grammar of the OCI distribution specification.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "supply/store/store.h"

namespace wagi::oci {

struct Reference {
  std::string registry;    // "ghcr.io", "localhost:5000", "[::1]:5000", in lower case.
  std::string repository;  // "acme/hello"
  std::string tag;         // Empty only where a digest is given.
  std::optional<store::Digest> digest{};

  // "ghcr.io/acme/hello", by which rules about signatures are matched: without a port that is its
  // scheme's own, so that one artifact has one name.
  [[nodiscard]] std::string name() const;
  // "oci://ghcr.io/acme/hello:1.0@sha256:..."
  [[nodiscard]] std::string text() const;
  // What the registry is asked for: the digest, as "sha256:HEX", or the tag.
  [[nodiscard]] std::string target() const;
  // Whether the registry is this machine.
  [[nodiscard]] bool isLoopback() const;
};

// Docker Hub, by the name that references have for it, and whether a host is one of its own.
inline constexpr std::string_view kHub = "docker.io";
[[nodiscard]] bool isHubHost(std::string_view host);

// "oci:NAME:TAG", "oci://REGISTRY/NAME:TAG", either with "@sha256:HEX" behind or in place of the
// tag, and NAME alone for its tag "latest". As with Docker, a NAME whose first part has no '.' or
// ':' and isn't "localhost" is one of Docker Hub's ("docker.io/library/NAME"); "oci://" states the
// registry always. "oci:" may be left out. The error names the text and what is wrong with it.
[[nodiscard]] Result<Reference> parseReference(std::string_view text);

// A pattern of names ("ghcr.io/acme/*") with its registry written as name() writes it.
[[nodiscard]] std::string canonicalPattern(std::string_view pattern);

}  // namespace wagi::oci
