// References to artifacts in registries, by the grammar of the OCI distribution specification.
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

  // "ghcr.io/acme/hello", which rules about signatures match. It lacks a port that is its scheme's
  // default, so that one artifact has one name.
  [[nodiscard]] std::string name() const;
  // "oci://ghcr.io/acme/hello:1.0@sha256:..."
  [[nodiscard]] std::string text() const;
  // The text with which the registry is asked: the digest, as "sha256:HEX", or the tag.
  [[nodiscard]] std::string target() const;
  // Whether the registry is this machine.
  [[nodiscard]] bool isLoopback() const;
};

// Docker Hub's name in references, and whether a host is one of its hosts.
inline constexpr std::string_view kHub = "docker.io";
[[nodiscard]] bool isHubHost(std::string_view host);

// Reads "oci:NAME:TAG" or "oci://REGISTRY/NAME:TAG". "@sha256:HEX" may follow the tag or stand in
// place of it; without either, the tag is "latest". As with Docker, a NAME whose first part has no
// '.' or ':' and isn't "localhost" is one of Docker Hub's ("docker.io/library/NAME"); "oci://" is
// always followed by the registry. "oci:" may be left out. The error names the text and what is
// wrong with it.
[[nodiscard]] Result<Reference> parseReference(std::string_view text);

// A pattern of names ("ghcr.io/acme/*") with its registry written as name() writes it.
[[nodiscard]] std::string canonicalPattern(std::string_view pattern);

}  // namespace wagi::oci
