#include "net/http/date.h"

#include <gtest/gtest.h>

namespace wagi::http {
namespace {

TEST(Date, IsAnImfFixdate) {
  EXPECT_EQ(formatDate(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 5.6.7
  EXPECT_EQ(formatDate(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(formatDate(1709210096), "Thu, 29 Feb 2024 12:34:56 GMT");
}

}  // namespace
}  // namespace wagi::http
