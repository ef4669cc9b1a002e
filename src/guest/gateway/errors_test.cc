#include "guest/gateway/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace wagi::gateway {
namespace {

using testing::EndsWith;
using testing::StartsWith;

TEST(ErrorsTest, EachStatusHasItsSentence) {
  EXPECT_EQ(errorBody(404, "", "1f"),
            "404 Not Found: Nothing is served at this address.\nRequest 1f\n");
  for (const int status : {400, 404, 408, 413, 414, 431, 500, 502, 503, 504}) {
    const std::string body = errorBody(status, "", "1f");
    EXPECT_THAT(body, StartsWith(std::to_string(status) + " "));
    EXPECT_THAT(body, EndsWith(".\nRequest 1f\n"));
  }
}

TEST(ErrorsTest, DetailStandsForTheSentence) {
  EXPECT_EQ(errorBody(500, "It broke", "1f"), "It broke\nRequest 1f\n");
}

TEST(ErrorsTest, NoIdNoLine) { EXPECT_EQ(errorBody(500, "It broke", ""), "It broke\n"); }

}  // namespace
}  // namespace wagi::gateway
