// A base for tests: a volume full of links that lead out of it, and beside it a secret that a guest
// must never reach. Every test ends with a check that the secret is unchanged.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "guest/wasi/folder_testing.h"

namespace wagi::wasi {

class SandboxTest : public FolderTest {
 protected:
  void SetUp() override {
    namespace fs = std::filesystem;
    fs::create_directories(folder_.path() / "volume/inside");
    fs::create_directories(folder_.path() / "outside");
    folder_.write("outside/secret", "secret");
    folder_.write("volume/inside/file", "file");
    fs::create_symlink("../outside", folder_.path() / "volume/to_outside");
    fs::create_symlink("../outside/secret", folder_.path() / "volume/to_secret");
    fs::create_symlink("../../outside/secret", folder_.path() / "volume/inside/to_secret");
    fs::create_symlink(folder_.path() / "outside", folder_.path() / "volume/absolute");
    fs::create_symlink(folder_.path() / "volume/inside", folder_.path() / "volume/home");
    fs::create_symlink("/", folder_.path() / "volume/root");
    fs::create_symlink("..", folder_.path() / "volume/up");
    fs::create_symlink("inside/../..", folder_.path() / "volume/winding_up");
    fs::create_symlink("inside/../../outside/secret", folder_.path() / "volume/winding");
    fs::create_symlink("to_secret", folder_.path() / "volume/chain");
    fs::create_symlink("up/outside/", folder_.path() / "volume/by_link");
    fs::create_symlink("../outside/new", folder_.path() / "volume/to_new");
    secret_ = statOfSecret();
    volume_ = folder_.open("volume");
    world_.preopens = {{"/", volume_.get(), false}};
    FolderTest::SetUp();
  }
  void TearDown() override {
    namespace fs = std::filesystem;
    EXPECT_EQ(folder_.read("outside/secret"), "secret");
    const fs::directory_iterator outside(folder_.path() / "outside");
    EXPECT_EQ(std::distance(outside, {}), 1) << "something was made outside";
    const struct stat now = statOfSecret();
    EXPECT_EQ(now.st_ino, secret_.st_ino);
    EXPECT_EQ(now.st_nlink, 1u);
    EXPECT_EQ(now.st_mtim.tv_sec, secret_.st_mtim.tv_sec);
    EXPECT_EQ(now.st_mtim.tv_nsec, secret_.st_mtim.tv_nsec);
  }

  [[nodiscard]] std::string host(const std::string& name) const { return folder_.path() / name; }

  UniqueFd volume_;

 private:
  [[nodiscard]] struct stat statOfSecret() const {
    struct stat stat{};
    EXPECT_EQ(::stat(host("outside/secret").c_str(), &stat), 0);
    return stat;
  }
  struct stat secret_{};
};

}  // namespace wagi::wasi
