// A project folder for tests, and bindles for its externals.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "base/file.h"
#include "supply/bindle/testing.h"
#include "supply/hippo/externals.h"

namespace wagi::hippo {

class FakeExternals : public Externals {
 public:
  // Adds a bindle with the contents of its parcels.
  void add(const bindle::Invoice& invoice, std::vector<std::string> contents) {
    invoices_[invoice.id.text()] = invoice;
    for (std::string& content : contents) contents_[sha256Hex(content)] = std::move(content);
  }

  // Makes every later invoice() fail.
  void fail(bindle::ServerError::Kind kind) { failure_ = kind; }

  bindle::ServerResult<bindle::Invoice> invoice(const bindle::Id& id) override {
    using Kind = bindle::ServerError::Kind;
    if (failure_) return std::unexpected(bindle::ServerError{*failure_, "it failed"});
    const auto found = invoices_.find(id.text());
    if (found == invoices_.end()) {
      return std::unexpected(bindle::ServerError{Kind::kNotFound, "no bindle " + id.text()});
    }
    return found->second;
  }
  Result<void> take(const bindle::Id&, const std::vector<bindle::NeededParcel>& needed,
                    const store::Store& store) override {
    for (const bindle::NeededParcel& parcel : needed) {
      const auto found = contents_.find(parcel.digest);
      if (found == contents_.end()) return wagi::fail("no parcel " + parcel.name);
      if (auto put = store.put(found->second); !put) return std::unexpected(put.error());
    }
    return {};
  }

 private:
  std::map<std::string, bindle::Invoice> invoices_;
  std::map<std::string, std::string> contents_;
  std::optional<bindle::ServerError::Kind> failure_;
};

class ProjectTest : public testing::Test {
 protected:
  // Writes a file, whose content is its name where none is given.
  void put(const std::string& name) const { put(name, name); }
  void put(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((root() / name).parent_path());
    std::ofstream(root() / name) << text;
  }
  std::filesystem::path root() const {
    return std::filesystem::path(directory_.path()) / "project";
  }

  // Adds the bindle lib/1.0.0 to the externals. It exports `gallery`, which requires a file, which
  // requires another.
  void addLibrary() {
    bindle::Invoice lib = bindle::invoiceNamed("lib");
    bindle::Parcel gallery = bindle::parcelOf("gallery.wasm", "gallery", "application/wasm");
    gallery.label.annotations["wagi_handler_id"] = "gallery";
    gallery.label.feature["wagi"]["entrypoint"] = "show";
    gallery.required_groups = {"files"};
    bindle::Parcel images = bindle::assetOf("images.db", "images", "files");
    images.required_groups = {"deep"};
    bindle::Parcel text = bindle::parcelOf("text.txt", "text");
    text.label.annotations["wagi_handler_id"] = "text";
    lib.parcels = {bindle::assetOf("unused.db", "unused", "other"), gallery, images,
                   bindle::assetOf("deep.db", "deep", "deep"), text};
    lib.groups = {bindle::groupNamed("files"), bindle::groupNamed("deep"),
                  bindle::groupNamed("other")};
    externals_.add(lib, {"gallery", "images", "deep", "unused", "text"});
  }

  ProjectTest() { std::filesystem::create_directories(root()); }

  TemporaryDirectory directory_ = TemporaryDirectory::create("wagi-test-").value();
  FakeExternals externals_;
};

}  // namespace wagi::hippo
