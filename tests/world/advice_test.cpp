// Somebody does what a failing command's output says, and the trouble is over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "tests/lab/temporary_folder.h"
#include "tests/world/advice.h"
#include "tests/world/lives.h"

namespace world {
namespace {

using testing::HasSubstr;

// The line of the output that says what to do.
std::string advice_of(const Told& told) {
  const std::string mark = "What to do: ";
  const std::size_t begin = told.output.find(mark);
  if (begin == std::string::npos) return "";
  return told.output.substr(begin, told.output.find('\n', begin) - begin);
}

void expect_over(const VmAgent& agent) {
  for (const Finding& finding : agent.wrong_now())
    ADD_FAILURE() << to_text(finding);
  // Without a handler nobody calls: the recovery task has ended it.
  const int code = agent.has_handler() ? agent.last().code : 0;
  EXPECT_EQ(code, 0) << agent.last().output;
}

void follow(const AdviceRow& row) {
  const lab::TemporaryFolder folder;
  Home home(world_of(row), std::string(row.has), folder.path().string());
  VmAgent& agent = home.agent();
  Night night{home.vm(), agent};
  row.fails(night);
  EXPECT_EQ(agent.last().code, static_cast<int>(row.code)) << agent.last().output;
  EXPECT_THAT(advice_of(agent.last()), HasSubstr(std::string(row.advice)));
  if (row.follow != nullptr) {
    row.follow(night);
    expect_over(agent);
  }
  if (testing::Test::HasFailure() || std::getenv("EBPF_STORY") != nullptr)
    std::cout << agent.story();
}

TEST(Advice, Followed_to_the_letter_it_ends_the_trouble_of_every_exit_code) {
  const char* only = std::getenv("EBPF_CODE");
  for (const AdviceRow& row : advice_rows()) {
    if (row.fails == nullptr) continue;
    if (only != nullptr && std::to_string(static_cast<int>(row.code)) != only) continue;
    SCOPED_TRACE(std::to_string(static_cast<int>(row.code)) + ", " + std::string(row.world) + ": " +
                 std::string(row.how) +
                 " Once more: EBPF_CODE=" + std::to_string(static_cast<int>(row.code)) +
                 " world_tests --gtest_filter=Advice.F*");
    follow(row);
  }
}

TEST(Advice, Every_exit_code_is_followed_or_has_a_reason_why_not) {
  std::set<errors::ExitCode> told;
  for (const AdviceRow& row : advice_rows()) {
    told.insert(row.code);
    EXPECT_FALSE(row.how.empty());
    if (row.fails == nullptr) continue;
    EXPECT_FALSE(row.advice.empty()) << row.how;
    EXPECT_FALSE(row.means.empty()) << row.how;
  }
  for (const errors::ExitCodeRow& row : errors::exit_codes()) {
    if (row.code == errors::ExitCode::kSuccess) continue;
    EXPECT_TRUE(told.contains(row.code)) << static_cast<int>(row.code) << " " << row.name;
  }
  EXPECT_TRUE(std::ranges::is_sorted(advice_rows(), {}, &AdviceRow::code));
}

// F-12: an endpoint product denies the file until it is told not to.
TEST(Advice, An_update_that_was_denied_a_file_says_that_only_a_new_number_tries_again) {
  const lab::TemporaryFolder folder;
  const World& world = *find("library-denied");
  const lab::Vm vm = lab::Vm::in_memory(folder.path() / "vm");
  VmAgent agent(vm, world, (folder.path() / "packages").string());
  agent.prepare("0.9.1");
  EXPECT_FALSE(agent.update("1.0.0"));
  EXPECT_FALSE(agent.enable());
  agent.clear();
  EXPECT_FALSE(agent.enable());
  EXPECT_EQ(agent.last().code, 1007);
  EXPECT_THAT(agent.last().output, HasSubstr("is not tried again"));
  EXPECT_THAT(advice_of(agent.last()),
              HasSubstr("deploy the extension again with a new sequence number"));
  agent.new_number();
  EXPECT_TRUE(agent.enable());
  expect_over(agent);
}

// F-52
TEST(Advice, A_command_that_waits_for_the_boot_names_the_service_that_keeps_it_waiting) {
  const lab::TemporaryFolder folder;
  const World& world = *find("neighbour-stop-hangs");
  const lab::Vm vm = lab::Vm::in_memory(folder.path() / "vm");
  VmAgent agent(vm, world, (folder.path() / "packages").string());
  agent.prepare("1.0.0");
  EXPECT_FALSE(agent.disable());
  EXPECT_FALSE(agent.enable());
  EXPECT_EQ(agent.last().code, 1106);
  EXPECT_THAT(agent.last().output, HasSubstr("service AcmeFlow is stop-pending"));
  EXPECT_THAT(agent.last().status.dump(), HasSubstr("service AcmeFlow is stop-pending"));
  EXPECT_TRUE(agent.disable());
  EXPECT_THAT(advice_of(agent.last()),
              HasSubstr("Restart the VM, or close the programs that use eBPF."));
  agent.clear();
  agent.boot();
  EXPECT_TRUE(agent.enable());
  expect_over(agent);
}

}  // namespace
}  // namespace world
