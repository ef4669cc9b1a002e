#include "server/supervisor/table.h"

#include <gtest/gtest.h>

namespace wagi::supervisor {
namespace {

worker::Plan planOfTwo() {
  worker::Plan plan;
  plan.routes.resize(2);
  plan.routes[0].pattern = "/a/...";
  plan.routes[0].module = "modules/a.wasm";
  plan.routes[0].entrypoint = "_start";
  plan.routes[0].instances = engine::Instances::kKept;
  plan.routes[1].pattern = "/";
  plan.routes[1].module = "b.wat";
  plan.routes[1].entrypoint = "hello";
  plan.routes[1].instances = engine::Instances::kNew;
  plan.routes[1].why_not_kept = "it writes to a table";
  plan.sites[0].targets = {worker::BuiltInPage::kHealth, worker::GuestTarget{0},
                           worker::GuestTarget{1}};
  plan.routes[1].limits = {.memory_bytes_max = 0,
                           .cpu_ms_max = 1'500,
                           .wall_ms_max = 0,
                           .body_bytes_max = 1'000,
                           .concurrency_max = 0};
  return plan;
}

TEST(Table, TheShortOneNamesRoutesAndModules) {
  EXPECT_EQ(tableOf(planOfTwo(), Detail::kShort),
            "  /healthz  (built in)\n"
            "  /a/...    modules/a.wasm\n"
            "  /         b.wat (hello)   instances: new: it writes to a table\n");
}

TEST(Table, TheFullOneHasEntryPointsAndLimits) {
  EXPECT_EQ(
      tableOf(planOfTwo(), Detail::kFull),
      "ROUTE     MODULE          ENTRY POINT  MEMORY    CPU      WALL      BODY    AT ONCE   "
      "INSTANCES\n"
      "/healthz  (built in)\n"
      "/a/...    modules/a.wasm  _start       128 MiB   10 s     60 s      64 MiB  1000      kept\n"
      "/         b.wat           hello        no limit  1500 ms  no limit  1000 B  no limit  new: "
      "it writes to a table\n");
}

TEST(Table, SitesHaveTheirHostsAbove) {
  worker::Plan plan = planOfTwo();
  plan.sites = {{.targets = {worker::BuiltInPage::kHealth}},
                {.hosts = {"a.example", "*.a.example"},
                 .targets = {worker::BuiltInPage::kHealth, worker::GuestTarget{0}}}};
  EXPECT_EQ(tableOf(plan, Detail::kShort),
            "  any other host: 421\n"
            "    /healthz  (built in)\n"
            "  a.example, *.a.example\n"
            "    /healthz  (built in)\n"
            "    /a/...    modules/a.wasm\n");
  plan.sites[0].targets.emplace_back(worker::GuestTarget{1});
  EXPECT_TRUE(tableOf(plan, Detail::kShort).starts_with("  any other host\n"));
}

TEST(Table, TheShortOneEndsWithHowManyAreLeftOut) {
  worker::Plan plan = planOfTwo();
  plan.sites[0].targets.resize(kShortRowsMax + 7, worker::GuestTarget{0});
  EXPECT_TRUE(
      tableOf(plan, Detail::kShort).ends_with("  ... and 7 more: `wagi routes` prints all\n"));
  EXPECT_EQ(tableOf(plan, Detail::kFull).find("more"), std::string::npos);
}

TEST(Table, ListenersAndCertificatesAreShownWhereThereIsMoreThanOneAddress) {
  using namespace std::chrono;
  worker::Plan plan = planOfTwo();
  plan.listeners = {{.endpoint = {.ip = "127.0.0.1", .port = 80}}};
  const sys_days now = 2026y / November / 28;
  EXPECT_EQ(listenersTable(plan, {}, now), "");
  plan.certificates = {{"a.pem", "k.pem"}};
  plan.listeners.push_back(
      {.endpoint = {.ip = "::", .port = 443, .v6 = true},
       .tls = http::TlsSettings{.tls_1_3_only = true,
                                .verify_client = http::TlsSettings::VerifyClient::kRequired,
                                .client_ca = "ca.pem"}});
  const std::vector<DescribedCertificate> certificates{
      {plan.certificates[0], {"a.example", "b.example"}, now + days(40)}};
  EXPECT_EQ(listenersTable(plan, certificates, now),
            "LISTENER      TLS  CERTIFICATE  CLIENTS SHOW\n"
            "127.0.0.1:80  no\n"
            "[::]:443      1.3  a.pem        a certificate of ca.pem\n"
            "\n"
            "CERTIFICATE  EXPIRES                  FOR\n"
            "a.pem        2027-01-07 (in 40 days)  a.example, b.example\n");
  EXPECT_NE(listenersTable(plan, certificates, now + days(41)).find("(it has expired)"),
            std::string::npos);
}

TEST(Table, WhatARouteHoldsCantSteerTheTerminal) {
  worker::Plan plan = planOfTwo();
  plan.routes[0].module = "\x1b[2J.wasm";
  EXPECT_EQ(tableOf(plan, Detail::kShort).find('\x1b'), std::string::npos);
}

TEST(Table, SizesAndTimesHaveTheirLargestWholeUnit) {
  EXPECT_EQ(sizeText(1 << 30), "1 GiB");
  EXPECT_EQ(sizeText(1536), "1536 B");
  EXPECT_EQ(sizeText(3 << 10), "3 KiB");
  EXPECT_EQ(timeText(60'000), "60 s");
  EXPECT_EQ(timeText(1), "1 ms");
}

}  // namespace
}  // namespace wagi::supervisor
