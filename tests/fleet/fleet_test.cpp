// docs/fleet.md: its questions, asked of a seeded roll-out with a bad version in it.
#include "tests/fleet/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>

#include "json/json.h"
#include "tests/lab/program.h"
#include "tests/lab/temporary_folder.h"

namespace fleet {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kSeed = 16;

int count(const std::vector<Vm>& fleet, const std::string& to, Fate fate) {
  return static_cast<int>(std::count_if(fleet.begin(), fleet.end(), [&](const Vm& vm) {
    return vm.fate == fate && (to.empty() || vm.to == to);
  }));
}

// The rows of each question of the document, in its order.
Json answers(const lab::TemporaryFolder& folder) {
  const lab::ProgramEnd ended =
      lab::run_program({.words = {"/usr/bin/env", "node", EBPF_TEST_SOURCE "/tests/fleet/ask.mjs",
                                  EBPF_DUCKDB, EBPF_TEST_SOURCE "/docs/fleet.md"},
                        .folder = folder.path(),
                        .scratch = folder.path(),
                        .limit = std::chrono::seconds(300)});
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  return Json::parse(ended.out, nullptr, false);
}

const Json& row(const Json& rows, const char* key, const Json& value) {
  static const Json kNone;
  const auto found = std::find_if(
      rows.begin(), rows.end(), [&](const Json& candidate) { return candidate.at(key) == value; });
  EXPECT_NE(found, rows.end()) << key << " " << value << " in " << rows;
  return found == rows.end() ? kNone : *found;
}

int number(const Json& value) {
  return value.is_string() ? std::stoi(value.get<std::string>()) : value.get<int>();
}

TEST(Fleet, Its_questions_are_answered_and_the_bad_version_is_stopped_and_not_the_good_one) {
  const std::vector<Vm> fleet = roll_out(kSeed);
  ASSERT_EQ(fleet.size(), 2000U);
  const lab::TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "exports");
  live(fleet, folder.path() / "exports");
  const Json all = answers(folder);
  ASSERT_EQ(all.size(), 4U) << all;

  const Json& failures = all.at(0);
  const auto failed = [&](const char* to, int code) {
    int sum = 0;
    for (const Json& found : failures) {
      if (found.at("to_version") == to && number(found.at("code")) == code)
        sum += number(found.at("vms"));
    }
    return sum;
  };
  for (const char* to : {"0.21.0", "1.0.0", "1.1.0"}) {
    EXPECT_EQ(failed(to, 1013), count(fleet, to, Fate::kRefusedDriver)) << to;
    EXPECT_EQ(failed(to, 1020), count(fleet, to, Fate::kNoProxy)) << to;
  }
  EXPECT_EQ(failures.at(0).at("to_version"), "1.1.0") << "the most frequent first";

  const Json& outages = all.at(1);
  for (const char* to : {"0.21.0", "1.0.0", "1.1.0"}) {
    const Json& outage = row(outages, "to_version", to);
    EXPECT_GT(outage.at("ebpf_p50_s").get<double>(), 0) << outage;
    EXPECT_GT(outage.at("proxy_p99_s").get<double>(), outage.at("proxy_p50_s").get<double>());
  }

  EXPECT_EQ(number(row(all.at(2), "outcome", "reboot-needed").at("vms")),
            count(fleet, "", Fate::kWaits));

  const Json& waves = all.at(3);
  EXPECT_EQ(row(waves, "to_version", "1.1.0").at("decision"), "stop") << waves;
  EXPECT_EQ(row(waves, "to_version", "1.0.0").at("decision"), "go on") << waves;
  std::cout << "[ fleet    ] " << waves.dump() << "\n[ fleet    ] " << outages.dump() << "\n";
}

TEST(Fleet, The_same_seed_gives_the_same_fleet_and_another_one_another) {
  const auto fates = [](std::uint64_t seed) {
    std::vector<Fate> all;
    for (const Vm& vm : roll_out(seed))
      all.push_back(vm.fate);
    return all;
  };
  EXPECT_EQ(fates(1), fates(1));
  EXPECT_NE(fates(1), fates(2));
}

}  // namespace
}  // namespace fleet
