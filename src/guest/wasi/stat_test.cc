// Tests metadata of the host that is out of a guest's bounds.
#include "guest/wasi/stat.h"

#include <gtest/gtest.h>

#include <limits>

namespace wagi::wasi {
namespace {

U64 mtimeOf(time_t seconds, long nanoseconds) {
  struct stat host{};
  host.st_mtim = {.tv_sec = seconds, .tv_nsec = nanoseconds};
  return filestatOf(host).mtim;
}

TEST(StatTest, TimesAreNanosecondsAsFarAsThatGoes) {
  constexpr time_t kLatest = 18'446'744'073;  // A time in July 2554.
  EXPECT_EQ(mtimeOf(0, 0), 0);
  EXPECT_EQ(mtimeOf(-1, 999'999'999), 0) << "before 1970";
  EXPECT_EQ(mtimeOf(1'700'000'000, 5), 1'700'000'000'000'000'005);
  EXPECT_EQ(mtimeOf(kLatest - 1, 999'999'999), 18'446'744'072'999'999'999U);
  // `touch -d 9999-01-01` sets the last of these, where the file system has room for it.
  for (const time_t seconds : {kLatest, kLatest + 1, time_t{253'370'764'800}}) {
    EXPECT_EQ(mtimeOf(seconds, 999'999'999), std::numeric_limits<U64>::max()) << seconds;
  }
}

TEST(StatTest, NumbersOfTheHostAreWhole) {
  struct stat host{};
  host.st_ino = 0xfedc'ba98'7654'3210;
  host.st_dev = 0x0123'4567'89ab'cdef;
  host.st_size = std::numeric_limits<off_t>::max();
  host.st_nlink = 0x1'0000'0002;
  const Filestat stat = filestatOf(host);
  EXPECT_EQ(stat.ino, host.st_ino);
  EXPECT_EQ(stat.dev, host.st_dev);
  EXPECT_EQ(stat.size, static_cast<U64>(host.st_size));
  EXPECT_EQ(stat.nlink, host.st_nlink);
}

}  // namespace
}  // namespace wagi::wasi
