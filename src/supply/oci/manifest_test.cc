#include "supply/oci/manifest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::oci {
namespace {

using testing::HasSubstr;

constexpr std::string_view kIndex = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view kWagiLayer = "application/vnd.wasm.content.layer.v1+wasm";
constexpr std::string_view kTarLayer = "application/vnd.oci.image.layer.v1.tar+gzip";
const std::string kHex(64, 'c');

std::string descriptor(std::string_view type, std::string_view more = "", std::uint64_t size = 5) {
  return fmt::format(R"({{"mediaType": "{}", "digest": "sha256:{}", "size": {}{}}})", type, kHex,
                     size, more);
}

std::string image(std::string_view config_type, const std::vector<std::string>& layers) {
  return fmt::format(R"({{"schemaVersion": 2, "config": {}, "layers": [{}]}})",
                     descriptor(config_type), fmt::join(layers, ", "));
}

std::string index(const std::vector<std::string>& platforms) {
  std::vector<std::string> manifests;
  manifests.reserve(platforms.size());
  for (const std::string& platform : platforms) {
    manifests.push_back(
        descriptor(kManifestType, platform.empty() ? "" : R"(, "platform": )" + platform));
  }
  return fmt::format(R"({{"schemaVersion": 2, "manifests": [{}]}})", fmt::join(manifests, ", "));
}

Result<Layout> layout(std::string_view config_type, const std::vector<std::string>& layers) {
  return layoutOf(parseManifest(image(config_type, layers), kManifestType).value());
}

TEST(ParseManifest, Image) {
  const auto manifest = parseManifest(
      image(kWasmConfigType,
            {descriptor(kWasmLayerType, R"(, "annotations": {"a": "b", "not text": 1})")}),
      "application/vnd.oci.image.manifest.v1+json; charset=utf-8");
  ASSERT_TRUE(manifest) << manifest.error().message;
  EXPECT_FALSE(manifest->is_index);
  EXPECT_EQ(manifest->config.media_type, kWasmConfigType);
  ASSERT_EQ(manifest->descriptors.size(), 1u);
  EXPECT_EQ(manifest->descriptors[0].digest, kHex);
  EXPECT_EQ(manifest->descriptors[0].size, 5u);
  EXPECT_EQ(manifest->descriptors[0].annotations, (std::map<std::string, std::string>{{"a", "b"}}));
}

TEST(ParseManifest, WhatIsNoneIsExplained) {
  EXPECT_THAT(parseManifest("<html>", "text/html").error().message, HasSubstr("text/html"));
  EXPECT_THAT(parseManifest("{}", "").error().message, HasSubstr("without a type"));
  EXPECT_THAT(parseManifest("{", kManifestType).error().message, HasSubstr("JSON"));
  EXPECT_THAT(parseManifest(R"({"schemaVersion": 1})", kManifestType).error().message,
              HasSubstr("schemaVersion"));
  EXPECT_THAT(parseManifest(R"({"schemaVersion": 2})", kManifestType).error().message,
              HasSubstr("`config`"));
  EXPECT_THAT(parseManifest(R"({"schemaVersion": 2})", kIndex).error().message,
              HasSubstr("`manifests`"));
  EXPECT_THAT(
      parseManifest(R"({"schemaVersion": 2, "mediaType": "x/y"})", kManifestType).error().message,
      HasSubstr("x/y"));
  for (const char* layer : {"1", "{}", R"({"digest": "sha256:../../x", "size": 1})",
                            R"({"digest": "sha512:00", "size": 1})"}) {
    EXPECT_THAT(parseManifest(image("x", {layer}), kManifestType).error().message,
                HasSubstr("layers[0]"));
  }
  for (const char* size : {"-1", "\"1\"", "1.5", "null", "1e300"}) {
    const std::string layer = fmt::format(R"({{"digest": "sha256:{}", "size": {}}})", kHex, size);
    EXPECT_THAT(parseManifest(image("x", {layer}), kManifestType).error().message,
                HasSubstr("size"));
  }
  const std::vector<std::string> many(kDescriptorsMax + 1, descriptor(kWasmLayerType));
  EXPECT_THAT(parseManifest(image("x", many), kManifestType).error().message, HasSubstr("4096"));
}

// A registry that is only a folder of files sends no Content-Type of manifests.
TEST(ParseManifest, ItsOwnTypeCountsWhereItsRegistryKnowsNone) {
  const auto of = [](std::string_view own, std::string_view content_type) {
    return parseManifest(fmt::format(R"({{"schemaVersion": 2, "mediaType": "{}", "config": {},
                                         "manifests": []}})",
                                     own, descriptor(kWasmConfigType)),
                         content_type);
  };
  for (const char* type : {"", "application/json", "application/json; charset=utf-8",
                           "application/octet-stream", "text/plain"}) {
    const auto manifest = of(kIndex, type);
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_TRUE(manifest->is_index);
    EXPECT_THAT(of("a/b", type).error().message, HasSubstr("expected a manifest"));
    EXPECT_THAT(of("", type).error().message, HasSubstr("expected a manifest"));
  }
  EXPECT_THAT(of(kIndex, kManifestType).error().message, HasSubstr("it calls itself"));
}

TEST(ParseManifest, WhatIsAnImageAndAnIndexIsNeither) {
  for (const std::string_view type : {kManifestType, kIndex}) {
    EXPECT_THAT(parseManifest(fmt::format(R"({{"schemaVersion": 2, "config": {}, "layers": [],
                                             "manifests": []}})",
                                          descriptor(kWasmConfigType)),
                              type)
                    .error()
                    .message,
                HasSubstr("both `layers` and `manifests`"));
  }
}

std::string platform(std::string_view os, std::string_view architecture) {
  return fmt::format(R"({{"os": "{}", "architecture": "{}"}})", os, architecture);
}

std::string chosenOf(const std::vector<std::string>& platforms) {
  const auto chosen = chooseManifest(parseManifest(index(platforms), kIndex).value());
  return chosen ? fmt::format("{}/{}", chosen->os, chosen->architecture) : chosen.error().message;
}

TEST(ChooseManifest, IsForWasi) {
  const std::string native = platform("linux", "amd64");
  for (const char* os : {"wasi", "wasip1", "linux"}) {
    for (const char* architecture : {"wasm", "wasm32"}) {
      EXPECT_EQ(chosenOf({native, platform(os, architecture)}),
                fmt::format("{}/{}", os, architecture));
    }
  }
  EXPECT_EQ(chosenOf({platform("linux", "wasm"), platform("wasip1", "wasm")}), "wasip1/wasm");
  EXPECT_EQ(chosenOf({platform("wasi", "wasm"), platform("wasip1", "wasm")}), "wasi/wasm");
}

TEST(ChooseManifest, IsTheOnlyOneWhateverItIsFor) {
  EXPECT_EQ(chosenOf({""}), "/");
  EXPECT_EQ(chosenOf({platform("linux", "amd64")}), "linux/amd64");
  EXPECT_EQ(chosenOf({platform("linux", "amd64"), platform("unknown", "unknown")}), "linux/amd64");
}

TEST(ChooseManifest, SaysWhatThereIs) {
  const auto choose = [](const std::vector<std::string>& platforms) {
    return chooseManifest(parseManifest(index(platforms), kIndex).value()).error().message;
  };
  EXPECT_THAT(choose({R"({"os": "linux", "architecture": "amd64"})",
                      R"({"os": "wasip2", "architecture": "wasm"})"}),
              HasSubstr("linux/amd64, wasip2/wasm"));
  EXPECT_THAT(choose({}), HasSubstr("none"));
  EXPECT_THAT(choose({"", ""}), HasSubstr("none"));
}

TEST(LayoutOf, EachThatIsInTheWild) {
  for (const std::string_view type :
       {kWasmLayerType, kWagiLayer,
        std::string_view("application/vnd.module.wasm.content.layer.v1+wasm"),
        std::string_view("application/vnd.w3c.wasm.module.v1+wasm"),
        std::string_view("application/vnd.bytecodealliance.wasm.component.layer.v0+wasm")}) {
    const auto found = layout("application/vnd.wasm.config.v1+json", {descriptor(type)});
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(found->kind, Layout::Kind::kModule);
    EXPECT_EQ(found->layers.at(0).media_type, type);
  }
  const auto filesystem = layout("application/vnd.oci.image.config.v1+json",
                                 {descriptor(kTarLayer), descriptor(kTarLayer)});
  ASSERT_TRUE(filesystem);
  EXPECT_EQ(filesystem->kind, Layout::Kind::kRootFilesystem);
  EXPECT_EQ(filesystem->layers.size(), 2u);
}

TEST(LayoutOf, TheFirstModuleOfSeveral) {
  const auto found = layout("x/y", {descriptor("text/plain"), descriptor(kWagiLayer, "", 7),
                                    descriptor(kWagiLayer, "", 8)});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->layers.at(0).size, 7u);
  EXPECT_EQ(found->others, 1u);
}

TEST(LayoutOf, WhatIsNoneIsExplained) {
  EXPECT_THAT(layout("application/vnd.fermyon.spin.application.v1+config", {descriptor(kWagiLayer)})
                  .error()
                  .message,
              HasSubstr("Spin application"));
  EXPECT_THAT(layout("x/y", {}).error().message, HasSubstr("no layers"));
}

TEST(LayoutOf, OtherTypesAreLookedAtThoseThatAreNamedAsModulesFirst) {
  constexpr std::string_view kNamed =
      R"(, "annotations": {"org.opencontainers.image.title": "m.wasm"})";
  const auto found = layout("x/y", {descriptor("text/plain"), descriptor("a/b", kNamed, 7),
                                    descriptor(kTarLayer), descriptor("a/b", kNamed, 8)});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->kind, Layout::Kind::kUnknown);
  ASSERT_EQ(found->layers.size(), 4u);
  EXPECT_EQ(found->layers[0].size, 7u);
  EXPECT_EQ(found->layers[1].size, 8u);
  EXPECT_EQ(found->layers[2].media_type, "text/plain");
  EXPECT_EQ(found->others, 1u);
  EXPECT_EQ(found->types, fmt::format("a/b, {}, text/plain", kTarLayer));
}

TEST(LayoutOf, HugeLayersAreRefused) {
  constexpr std::uint64_t kHuge = 10ULL << 30;
  EXPECT_THAT(layout("x/y", {descriptor(kWasmLayerType, "", kHuge)}).error().message,
              HasSubstr("10737418240"));
  EXPECT_FALSE(
      layout("x/y", {descriptor(kTarLayer, "", kLayerBytesMax), descriptor(kTarLayer, "", 1)}));
  EXPECT_FALSE(layout(
      "x/y", {descriptor(kTarLayer, "", kLayerBytesMax), descriptor(kTarLayer, "", UINT64_MAX)}));
  EXPECT_TRUE(layout("x/y", {descriptor(kTarLayer, "", kLayerBytesMax)}));
}

}  // namespace
}  // namespace wagi::oci
