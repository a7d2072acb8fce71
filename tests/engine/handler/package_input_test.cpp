// A package that is not what it should be: refused whole, before the handler inspects the machine.
#include "actions/machine/sha256.h"
#include "engine/commands/commands.h"
#include "tests/engine/bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

class PackageInput : public Bench {
 protected:
  void damaged(const std::string& object) const {
    refuses(commands::Command::kInstall, ExitCode::kPackageDamaged, object);
    EXPECT_EQ(outcome(), "refused");
    EXPECT_FALSE(has(""));
    EXPECT_EQ(state("EbpfCore"), "");
    refuses(commands::Command::kEnable, ExitCode::kPackageDamaged, object);
  }
  // The package with a file of this name besides.
  void with_another_file(const std::string& name) const {
    lab::write_file(package_.file("bin/" + name), "rem a script");
    auto manifest = nlohmann::json::parse(lab::read_file(package_.file("payload.json")));
    manifest["files"].push_back({{"path", name},
                                 {"size", fs::file_size(package_.file("bin/" + name))},
                                 {"sha256", machine::sha256_of("rem a script")},
                                 {"role", "script"}});
    lab::write_file(package_.file("payload.json"), manifest.dump());
  }
  void rename_first(const std::string& path) const {
    auto manifest = nlohmann::json::parse(lab::read_file(package_.file("payload.json")));
    manifest["files"][0]["path"] = path;
    lab::write_file(package_.file("payload.json"), manifest.dump());
  }
};

TEST_F(PackageInput, A_missing_file_is_refused_by_name) {
  fs::remove(package_.file("bin/bpftool.exe"));
  damaged("bpftool.exe");
}

TEST_F(PackageInput, An_altered_file_is_refused_by_name) {
  std::string content = lab::read_file(package_.file("bin/ebpfapi.dll"));
  content.back() = static_cast<char>(content.back() ^ 1);
  lab::write_file(package_.file("bin/ebpfapi.dll"), content);
  damaged("ebpfapi.dll");
}

TEST_F(PackageInput, An_added_file_is_refused_by_name) {
  lab::write_file(package_.file("bin/drivers/extra.sys"), "x");
  damaged("extra.sys");
}

TEST_F(PackageInput, A_payload_outside_bin_is_refused_before_anything_is_touched) {
  fs::rename(package_.file("bin/drivers"), package_.file("drivers"));
  damaged("drivers/");
}

TEST_F(PackageInput, A_missing_payload_json_is_refused_by_install) {
  fs::remove(package_.file("payload.json"));
  refuses(commands::Command::kInstall, ExitCode::kPackageDamaged, "payload.json");
}

TEST_F(PackageInput, A_payload_json_that_is_no_JSON_is_refused) {
  lab::write_file(package_.file("payload.json"), "{\"schema\": 1,");
  damaged("payload.json");
}

TEST_F(PackageInput, A_path_that_leads_upwards_is_refused) {
  rename_first("../../Windows/System32/x.dll");
  damaged("../../Windows/System32/x.dll");
}

TEST_F(PackageInput, A_path_with_a_drive_letter_is_refused) {
  rename_first("C:/Windows/x.dll");
  damaged("C:/Windows/x.dll");
}

TEST_F(PackageInput, A_reserved_name_is_refused) {
  rename_first("drivers/NUL.sys");
  damaged("NUL.sys");
}

TEST_F(PackageInput, A_file_with_the_longest_name_is_installed_repaired_and_removed) {
  const std::string name = std::string(124, 'x') + ".cmd";
  with_another_file(name);
  must(commands::Command::kInstall);
  lab::write_file(installed(name), "damaged");
  const std::string before = vm_.snapshot();
  killed(commands::Command::kInstall, "files.rename#2:kill-after");
  must(commands::Command::kRecover);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  must(commands::Command::kInstall);
  EXPECT_EQ(lab::read_file(installed(name)), "rem a script");
  killed(commands::Command::kUninstall, "services.remove#1:kill-after");
  must(commands::Command::kRecover);
  EXPECT_EQ(outcome(), "recovered-after") << vm_.journal_text();
  EXPECT_FALSE(has(""));
}

TEST_F(PackageInput, A_longer_name_is_refused) {
  const std::string name = std::string(125, 'x') + ".cmd";
  with_another_file(name);
  damaged(name);
}

TEST_F(PackageInput, A_damaged_package_refuses_no_enable_that_needs_nothing_of_it) {
  enabled();
  fs::remove_all(package_.file("bin"));
  const std::string before = vm_.snapshot();
  must(commands::Command::kEnable);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

// The VM Agent would report the new version as enabled, and the old one runs.
TEST_F(PackageInput, Without_a_payload_json_enable_never_says_success_for_another_version) {
  enabled();
  const std::string before = vm_.snapshot();
  const lab::Package other = package("1.1.0");
  fs::remove(other.file("payload.json"));
  const auto reply = vm_.run_as("1.1.0.1", commands::Command::kEnable, other);
  EXPECT_EQ(reply.code, ExitCode::kPackageDamaged) << text(reply);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  // Its own version runs, and nothing has to be taken from the package.
  fs::remove(package_.file("payload.json"));
  EXPECT_EQ(vm_.run_as("1.0.0.1", commands::Command::kEnable, package_).code, ExitCode::kSuccess);
}

TEST_F(PackageInput, A_repair_from_a_damaged_package_is_refused_while_all_goes_on_running) {
  enabled();
  fs::remove(installed("bpftool.exe"));
  fs::remove(package_.file("bin/bpftool.exe"));
  const auto proxy = process("GuestProxyAgent");
  refuses(commands::Command::kEnable, ExitCode::kPackageDamaged, "bpftool.exe");
  EXPECT_EQ(process("GuestProxyAgent"), proxy);
  EXPECT_EQ(state("EbpfCore"), "running");
}

TEST_F(PackageInput, An_older_versions_package_mends_no_lost_file_and_says_what_is_installed) {
  enabled();
  fs::remove(installed("bpftool.exe"));
  refuses(commands::Command::kEnable, ExitCode::kDowngradeRefused, "1.0.0", package("0.10.0"));
  EXPECT_EQ(state("EbpfCore"), "running");
}

}  // namespace
}  // namespace engine
