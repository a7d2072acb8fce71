// What a commit changes in what the journal knows: data, filled from the steps.
#include "engine/product/installation_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actions/tasks/task_image.h"
#include "engine/product/meta.h"
#include "errors/failure.h"

namespace engine::product {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kFolder = R"(C:\Program Files\ebpf-for-windows)";
constexpr const char* kDriver = R"(C:\Program Files\ebpf-for-windows\drivers\ebpfcore.sys)";
const std::string kHash(64, 'a');

InstallationChange whole() {
  InstallationChange change;
  change.forget_all_owned = true;
  change.put_owned = {{"file", kDriver, kHash, "", 7, "1.0.0"},
                      {"folder", kFolder, "", "", 0, "1.0.0"}};
  change.put_meta = {{meta::kSettledVersion, "1.0.0"}, {meta::kSettledHandler, ""}};
  change.forget_meta = {meta::kTakeOver};
  change.placed_in = kFolder;
  change.made = {{"register-task", {"task", "startup", "", "", 0, "1.0.0"}, std::nullopt},
                 {"add-to-path",
                  {"path", kFolder, "", "", 0, "1.0.0"},
                  journal::Owned{"path", kFolder, "", "", 0, "0.9.1"}}};
  change.tasks_off = TasksOff{{"startup"}, {"periodic"}};
  change.stops = StopsRecorded{{"EbpfCore"}, {{"a", Json{{"x", 1}}}}};
  change.starts = StartsTried{{{"NetEbpfExt", Json{{"x", 1}}}, {"EbpfCore", Json{{"x", 2}}}}};
  change.store = StoreWritten{R"(C:\tool.exe)", StoreEntries{{}, true}};
  return change;
}

TEST(InstallationChange, Comes_back_from_the_journal_as_it_was) {
  const Json text = Json::parse(to_json(whole()).dump());
  EXPECT_EQ(to_json(installation_change_from(text)), text);
}

TEST(InstallationChange, A_damaged_text_is_refused_by_name) {
  const Json sound = to_json(whole());
  for (const auto& [key, value] : sound.items()) {
    Json damaged = sound;
    damaged[key] = 7;
    try {
      installation_change_from(damaged);
      FAIL() << key;
    } catch (const errors::Failure& failure) {
      EXPECT_EQ(failure.code(), errors::ExitCode::kJournalUnusable) << key;
    }
  }
}

TEST(InstallationChange, Is_filled_from_what_the_steps_found_and_left) {
  const Json placed{{"files", {{{"path", kDriver}, {"id", "f9"}, {"sha256", kHash}, {"size", 7}}}}};
  const Json task{{"task", {{"xml", "<Task/>"}, {"enabled", true}}}};
  const Json ran{{"state", "running"}};
  const Json none;
  const std::vector<EndedStep> steps{
      {"place-files", kFolder, true, true, &none, &placed},
      {"register-task", "startup", true, true, &none, &task},
      {"add-to-path", kFolder, true, true, &none, &none},
      {"enable-task", "startup", true, true, &none, &none},
      {"stop-service", "EbpfCore", true, true, &ran, &none},
      {"start-service", "EbpfCore", true, true, &none, &none},
      {"start-service", "NetEbpfExt", false, true, &none, &none},
  };
  const InstallationChange change = filled(whole(), steps);
  ASSERT_EQ(change.put_owned.size(), 4U);
  EXPECT_EQ(change.put_owned[0].file_id, "f9");
  EXPECT_EQ(change.put_owned[2].sha256, actions::tasks::fingerprint("<Task/>"));
  EXPECT_EQ(change.put_owned[3].version, "1.0.0");
  EXPECT_THAT(change.put_meta,
              testing::Contains(Pair(meta::kTasksOff, Json::array({"periodic"}).dump())));
  EXPECT_THAT(
      change.put_meta,
      testing::Contains(Pair(
          meta::kDisabled,
          R"([{"before":{"x":1},"name":"a"},{"before":{"state":"running"},"name":"EbpfCore"}])")));
  EXPECT_THAT(
      change.put_meta,
      testing::Contains(Pair(meta::kNotStarted, R"([{"before":{"x":1},"name":"NetEbpfExt"}])")));
  EXPECT_THAT(change.made, IsEmpty());
  EXPECT_FALSE(change.tasks_off || change.stops || change.starts || change.store);
}

TEST(InstallationChange, What_was_given_up_is_ours_only_as_far_as_it_was_there_before) {
  InstallationChange planned = whole();
  planned.placed_in.reset();
  planned.put_owned.clear();
  const Json none;
  const std::vector<EndedStep> steps{
      {"register-task", "startup", false, true, &none, &none},
      {"add-to-path", kFolder, false, true, &none, &none},
      {"enable-task", "startup", false, true, &none, &none},
  };
  const InstallationChange change = filled(planned, steps);
  ASSERT_EQ(change.put_owned.size(), 1U);
  EXPECT_EQ(change.put_owned[0].version, "0.9.1");
  EXPECT_THAT(change.put_meta, testing::Contains(Pair(
                                   meta::kTasksOff, Json::array({"periodic", "startup"}).dump())));
}

// Its undo failed, too: it may be there, and uninstall has to inspect it.
TEST(InstallationChange, What_could_not_be_taken_back_stays_known_without_a_version) {
  InstallationChange planned;
  planned.made = {{"register-task", {"task", "startup", "", "", 0, "1.0.0"}, std::nullopt}};
  const Json none;
  const std::vector<EndedStep> steps{{"register-task", "startup", false, false, &none, &none}};
  const InstallationChange change = filled(planned, steps);
  ASSERT_EQ(change.put_owned.size(), 1U);
  EXPECT_EQ(change.put_owned[0].version, "");
}

TEST(InstallationChange, A_file_that_nobody_placed_and_that_was_not_there_is_named) {
  try {
    filled(whole(), {});
    FAIL() << "filled";
  } catch (const errors::Failure& failure) {
    EXPECT_EQ(failure.code(), errors::ExitCode::kCopyFile);
    EXPECT_EQ(failure.object(), kDriver);
  }
}

}  // namespace
}  // namespace engine::product
