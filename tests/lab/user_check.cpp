#include "tests/lab/user_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "engine/commands/commands.h"
#include "json/json.h"
#include "tests/lab/lab.h"
#include "tests/world/oracle.h"
#include "tests/world/payload.h"

namespace lab {
namespace {

namespace fs = std::filesystem;
using engine::commands::Command;

int not_asked = 0;  // NotAsked objects that live

// "" where the package has none that can be read, or one that no build has made.
std::string version_of_package(const std::string& root) {
  std::error_code none;
  const fs::path path = fs::path(root) / "payload.json";
  if (!fs::is_regular_file(path, none)) return "";
  const auto manifest = nlohmann::json::parse(read_file(path), nullptr, false);
  if (!manifest.is_object() || !manifest.contains("version")) return "";
  const std::string version = manifest["version"];
  return std::ranges::count(world::kVersions, version) > 0 ? version : "";
}

// Whatever version enable ends with: what is registered runs, by itself behind each boot, and is of
// one version.
void judge_enabled(const world::Sight& now, world::Findings& findings) {
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc"})
    world::judge_started(now, name, findings);
  world::judge_boot(now, findings);
}

}  // namespace

void check_as_a_user(const world::Sight& before, const world::Sight& now,
                     const engine::handler::Request& request, const engine::handler::Reply& reply) {
  world::Told told;
  told.command = engine::commands::row(request.command).name;
  told.code = static_cast<int>(reply.code);
  told.output = world::joined(reply.lines);
  world::Findings findings;
  world::judge_others(before, now, findings);
  const std::string version = version_of_package(request.package_root);
  world::judge_advice(told, findings);
  if (told.code == 0 && request.command == Command::kInstall && !version.empty()) {
    world::judge_files(now, world::payload(version), findings);
    world::judge_registered(now, world::payload(version), findings);
  }
  if (told.code == 0 && request.command == Command::kDisable)
    world::judge_disabled(now, told, findings);
  if (told.code == 0 && request.command == Command::kEnable) judge_enabled(now, findings);
  for (const world::Finding& finding : findings) {
    ADD_FAILURE() << "behind " << told.command << " (" << told.code
                  << "), a user holds: " << world::sentence_of(finding.rule) << "\n  "
                  << world::to_text(finding) << "\n"
                  << told.output;
  }
}

NotAsked::NotAsked(const char* why) {
  ++not_asked;
  testing::Test::RecordProperty("oracle_not_asked", why);
}
NotAsked::~NotAsked() { --not_asked; }

bool is_user_asked() { return not_asked == 0; }

}  // namespace lab
