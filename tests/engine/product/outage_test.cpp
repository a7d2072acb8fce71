// For how long something was down, by the steps that stop and start services.
#include "engine/product/outage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace engine {
namespace {

using journal::Step;
using journal::StepState;
using product::Outage;

// "2026-11-22T10:18:07.000Z" for 7.
std::string second(int number) { return "2026-11-22T10:18:0" + std::to_string(number) + ".000Z"; }

Step step(const char* kind, const char* service, const char* state_before, int ended) {
  Step step;
  step.kind = kind;
  step.target = service;
  step.state = StepState::kDone;
  step.before = {{"state", state_before}, {"process_id", 7}, {"boot_id", "boot"}};
  step.ended_at = second(ended);
  return step;
}
Step stop(const char* service, int ended) {
  return step("stop-service", service, "running", ended);
}
Step start(const char* service, int ended) {
  return step("start-service", service, "stopped", ended);
}
Step undone(Step step, int at) {
  step.state = StepState::kUndone;
  step.undone_at = second(at);
  return step;
}

Outage outage(const std::vector<Step>& steps) {
  const std::vector<std::vector<Step>> of_one{steps};
  return product::outage_of(of_one);
}

TEST(Outage, A_stop_and_its_undo_are_a_downtime) {
  const Outage down = outage({undone(stop("EbpfCore", 1), 4)});
  EXPECT_EQ(down.ebpf.ms, 3000);
  EXPECT_EQ(down.ebpf.since, "");
  EXPECT_TRUE(down.proxy.intervals.empty());
}

TEST(Outage, What_an_undo_left_stopped_is_down_still) {
  Step left = undone(stop("GuestProxyAgent", 1), 4);
  left.foreign = {"Service GuestProxyAgent, which ran, does not start again: 1067"};
  const Outage down = outage({left});
  EXPECT_EQ(down.proxy.ms, 0);
  EXPECT_EQ(down.proxy.since, second(1));
  EXPECT_TRUE(down.ebpf.intervals.empty());
}

TEST(Outage, What_did_not_run_before_is_not_down_by_the_undo_of_its_start) {
  const Outage down = outage({undone(start("EbpfCore", 1), 4)});
  EXPECT_TRUE(down.ebpf.intervals.empty());
  EXPECT_EQ(down.ebpf.since, "");
}

TEST(Outage, An_undone_start_of_what_was_stopped_goes_on_with_the_downtime) {
  const Outage down = outage({undone(stop("EbpfCore", 1), 8), undone(start("EbpfCore", 4), 6)});
  EXPECT_EQ(down.ebpf.ms, 3000 + 2000);
  ASSERT_EQ(down.ebpf.intervals.size(), 2U);
  EXPECT_EQ(down.ebpf.intervals[1].from, second(6));
  EXPECT_EQ(down.ebpf.intervals[1].to, second(8));
}

TEST(Outage, A_start_that_an_undo_left_running_is_no_downtime) {
  Step left = undone(start("EbpfCore", 4), 6);
  left.foreign = {"Service EbpfCore is left running"};
  const Outage down = outage({stop("EbpfCore", 1), left});
  EXPECT_EQ(down.ebpf.ms, 3000);
  EXPECT_EQ(down.ebpf.since, "");
}

TEST(Outage, A_start_that_failed_ends_no_downtime) {
  Step failed = undone(start("EbpfCore", 4), 6);
  failed.error = {{"code", 1013}};
  const Outage down = outage({undone(stop("EbpfCore", 1), 8), failed});
  EXPECT_EQ(down.ebpf.ms, 7000);
  EXPECT_EQ(down.ebpf.intervals.size(), 1U);
}

}  // namespace
}  // namespace engine
