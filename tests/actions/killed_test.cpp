// Every scenario of every kind, killed at each point of apply and of undo: photographs.h.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "tests/actions/every_kind.h"

namespace actions::testing {
namespace {

using ::testing::AnyOf;

TEST_P(EveryKind, Killed_at_any_call_of_apply_is_undone_to_before) {
  live(photographed(vm_, applying()), "apply killed, undone twice", [this](TestVm& vm) {
    EXPECT_THAT(probe(vm, nullptr),
                AnyOf(Probe::kBefore, Probe::kBetween, Probe::kAfter, Probe::kMoving));
    expect_undone(vm, nullptr);
    expect_undone(vm, nullptr);
  });
}

TEST_P(EveryKind, Killed_at_any_call_of_apply_can_be_applied_again) {
  TestVm whole(vm_);
  apply(whole);
  const std::string applied = whole.picture();
  live(photographed(vm_, applying()), "apply killed, applied again", [&](TestVm& vm) {
    const Json after = apply(vm);
    EXPECT_EQ(vm.picture(), applied);
    EXPECT_EQ(probe(vm, after), Probe::kAfter);
  });
}

TEST_P(EveryKind, Killed_at_any_call_of_undo_is_undone_by_the_next) {
  const Json after = apply(vm_);
  for (const Json& known : {after, Json()}) {
    live(photographed(vm_, undoing(known)), "undo killed, undone twice", [&](TestVm& vm) {
      expect_undone(vm, known);
      expect_undone(vm, known);
    });
  }
}

TEST_P(EveryKindThatOutlastsABoot, A_power_cut_at_any_call_of_apply_is_undone_to_before) {
  vm_.reboot();  // what was there before is durable
  live_behind_power_cuts(photographed(vm_, applying()), "apply, power cut, undone twice",
                         [this](TestVm& vm) {
                           expect_undone(vm, nullptr);
                           expect_undone(vm, nullptr);
                         });
}

TEST_P(EveryKindThatOutlastsABoot, A_power_cut_after_apply_and_a_flush_leaves_it_applied) {
  vm_.reboot();
  const Json after = apply(vm_);
  vm_.system().flush();
  const std::string applied = vm_.picture();
  vm_.power_cut(0);
  EXPECT_EQ(vm_.picture(), applied);
  EXPECT_EQ(probe(vm_, after), Probe::kAfter);
  expect_undone(vm_, after);
}

TEST_P(EveryKindThatOutlastsABoot, A_power_cut_at_any_call_of_undo_is_undone_by_the_next) {
  const Json after = apply(vm_);
  vm_.reboot();
  for (const Json& known : {after, Json()}) {
    live_behind_power_cuts(photographed(vm_, undoing(known)), "undo, power cut, undone twice",
                           [&](TestVm& vm) {
                             expect_undone(vm, known);
                             expect_undone(vm, known);
                           });
  }
}

// Each third machine: a process that ends there leaves the photographed one.
TEST_P(EveryKind, Killed_it_leaves_what_was_photographed) {
  const Album album = photographed(vm_, applying());
  std::map<std::string, const Case*> of_point;
  for (const Case& one : album.cases())
    for (const std::string& point : one.points)
      EXPECT_TRUE(of_point.emplace(point, &one).second) << point;
  for (int n = 1; n <= album.calls(); n += 3) {
    for (const Fault kill : {Fault::kKilledBefore, Fault::kKilledAfter}) {
      TestVm vm(vm_);
      NthCall observer(n, kill);
      const Deadline deadline = vm.in(kEnoughMs);
      try {
        applying()(*machine::observe(vm.machine(), observer), deadline);
        continue;  // call n fails by itself: nothing is behind it
      } catch (const Killed&) {
        ASSERT_TRUE(of_point.contains(observer.point())) << observer.point();
        EXPECT_TRUE(vm.photograph() == of_point.at(observer.point())->machine) << observer.point();
      }
    }
  }
}

void expect_each_point_in_one_case(const Album& album) {
  std::size_t points = 0;
  for (std::size_t i = 0; i < album.cases().size(); ++i) {
    points += album.cases()[i].points.size();
    for (std::size_t j = 0; j < i; ++j)
      EXPECT_FALSE(album.cases()[i].machine == album.cases()[j].machine);
  }
  EXPECT_EQ(points, static_cast<std::size_t>(album.points()));
  EXPECT_EQ(album.before(), album.calls());
}

// Nothing is left out: each call of a run has its points, and each point its case.
TEST_P(EveryKind, Each_point_of_a_run_is_in_one_case) {
  expect_each_point_in_one_case(photographed(vm_, applying()));
  const Json after = apply(vm_);
  for (const Json& known : {after, Json()})
    expect_each_point_in_one_case(photographed(vm_, undoing(known)));
}

class Photograph : public ::testing::Test {
 protected:
  // Whether the machine is another one to the harness after `change`.
  bool shows(const std::function<void(TestVm&)>& change) {
    const TestVm::Photograph before = vm_.photograph();
    change(vm_);
    const bool differs = !(vm_.photograph() == before);
    vm_.become(before);
    return differs;
  }

  TestVm vm_;
};

TEST_F(Photograph, Shows_one_byte_of_a_file_its_attribute_and_its_id) {
  const std::string file = R"(C:\A\a)";
  // Nothing but the file itself is to differ.
  const auto put_durably = [&](TestVm& vm, const std::string& content) {
    vm.put(file, content);
    const std::vector<std::string> paths{file, R"(C:\A)"};
    vm.files().sync(paths);
  };
  put_durably(vm_, "1");
  EXPECT_FALSE(shows([&](TestVm& vm) { put_durably(vm, "1"); }));
  EXPECT_TRUE(shows([&](TestVm& vm) { put_durably(vm, "2"); }));
  EXPECT_TRUE(shows([&](TestVm& vm) { vm.arm("path:" + file, {"readonly=1"}); }));
  EXPECT_TRUE(shows([&](TestVm& vm) {
    vm.files().remove(file);
    put_durably(vm, "1");
  }));
}

TEST_F(Photograph, Shows_one_field_of_a_service_one_value_and_the_clock_as_saved) {
  vm_.add_driver("Core", false);
  EXPECT_TRUE(shows([](TestVm& vm) {
    auto config = vm.services().config("Core").value();
    config.delayed_start = true;
    vm.services().change("Core", config);
  }));
  EXPECT_TRUE(shows([](TestVm& vm) {
    vm.registry().set(R"(HKLM\SOFTWARE\A)", "a", {machine::RegistryType::kDword, "1"});
  }));
  EXPECT_TRUE(shows([](TestVm& vm) { vm.system().wait_ms(1); }));
  EXPECT_TRUE(shows([](TestVm& vm) { vm.arm("service:Core", {"start-hangs"}); }));
  EXPECT_FALSE(shows([](TestVm& vm) { vm.exists(kJournalFolder); }));  // asks only
}

TEST_F(Photograph, Shows_what_a_power_cut_may_take_and_one_byte_of_the_journal) {
  vm_.put(R"(C:\A\a)", "1");
  EXPECT_TRUE(shows([](TestVm& vm) {
    const std::vector<std::string> file{R"(C:\A\a)"};
    vm.files().sync(file);
  }));
  const std::string journal = std::string(kJournalFolder) + "\\journal.db";
  const auto write = [&](TestVm& vm, const std::string& rows) {
    std::ofstream(vm.files().native_path(journal), std::ios::binary) << rows;
  };
  write(vm_, "rows");
  EXPECT_TRUE(shows([&](TestVm& vm) { write(vm, "rowt"); }));
  EXPECT_EQ(vm_.content(journal), "rows");
  EXPECT_TRUE(shows([&](TestVm& vm) { vm.files().remove(journal); }));
  EXPECT_EQ(vm_.content(journal), "rows");
}

TEST_F(Photograph, Lives_alike_each_time) {
  vm_.add_driver("Core", true);
  const TestVm::Photograph begin = vm_.photograph();
  const auto life = [&] {
    vm_.become(begin);
    vm_.stop("Core");
    vm_.put(R"(C:\A\a)", "1");
    vm_.power_cut(3);
    return vm_.photograph();
  };
  const TestVm::Photograph first = life();
  EXPECT_TRUE(life() == first);
}

}  // namespace
}  // namespace actions::testing
