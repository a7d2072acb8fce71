// `doctor`: the machine against the journal, as an engineer at the VM reads it: a machine that is
// well, one without a journal, looks that fail; and that it changes nothing.
#include "engine/handler/doctor_command.h"

#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "actions/machine/services.h"
#include "engine/commands/commands.h"
#include "errors/failure.h"
#include "tests/engine/support/doctor_bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using commands::Command;
using lab::doctor;
using support::Checkup;
using support::Mark;
using testing::ContainsRegex;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(Doctor, Of_an_enabled_machine_says_that_all_is_well_in_short_lines) {
  enabled();
  expect_well(checkup());
  const std::string text = checkup_text(checkup());
  EXPECT_THAT(text, HasSubstr("\nok       EbpfCore: 1.0.0, running, automatic\n"));
  EXPECT_THAT(text, HasSubstr("\nok       GuestProxyAgent: running, automatic, healthy\n"));
  EXPECT_THAT(text, ContainsRegex("17 files .ours., each as it was left"));
  EXPECT_THAT(text, ContainsRegex("All is well: ok [0-9]+\\.\n$"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool has_path = line.find_first_of("/\\") != std::string::npos;
    EXPECT_TRUE(line.size() <= 80 || has_path) << line;
  }
}

// None of these is trouble, and none hides any.
TEST_F(Doctor, Behind_each_command_that_succeeded_all_is_well) {
  must(Command::kInstall);
  EXPECT_THAT(not_well(checkup()), IsEmpty()) << checkup_text(checkup());
  EXPECT_THAT(on(checkup(), "EbpfCore").text, HasSubstr("no enable has started it yet"));
  must(Command::kEnable);
  expect_well(checkup());
  vm_.reboot();
  expect_well(checkup());
  must(Command::kEnable);
  expect_well(checkup());
  must(Command::kDisable);
  EXPECT_THAT(not_well(checkup()), IsEmpty()) << checkup_text(checkup());
  EXPECT_THAT(on(checkup(), "EbpfCore").text, HasSubstr("disable stopped it, enable starts it"));
  vm_.reboot();  // a disable holds until the boot
  EXPECT_THAT(not_well(checkup()), IsEmpty()) << checkup_text(checkup());
  must(Command::kEnable);
  expect_well(checkup());
  must(Command::kDisable);
  must(Command::kUninstall);
  EXPECT_THAT(not_well(checkup()), IsEmpty()) << checkup_text(checkup());
  EXPECT_EQ(on(checkup(), "eBPF").text, "nothing of ours is installed");
}

TEST_F(DoctorInUpdate, Behind_an_update_all_is_well) {
  whole();
  expect_well(doctor(vm_, fresh_));
  EXPECT_THAT(on(doctor(vm_, fresh_), "eBPF").text, HasSubstr("1.1.0 in C:"));
}

// What the undo gave back is as it should be; only the command's failure is to be told.
TEST_F(DoctorInUpdate, Behind_an_update_that_was_undone_only_its_failure_is_trouble) {
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(Command::kEnable);
  fails(Command::kEnable, ExitCode::kStartDriver, fresh_);
  expect_before();
  const Checkup seen = doctor(vm_, package_);
  EXPECT_THAT(not_well(seen), ElementsAre("trouble the last command")) << checkup_text(seen);
  EXPECT_THAT(noted(seen), ElementsAre("the recovery task")) << checkup_text(seen);
  EXPECT_THAT(on(seen, "the last command").text, HasSubstr("NetEbpfExt"));
}

TEST_F(Doctor, Without_a_journal_nothing_is_assumed) {
  Checkup seen = checkup();
  EXPECT_TRUE(seen.is_well()) << checkup_text(seen);
  EXPECT_THAT(on(seen, R"(C:\ProgramData\EbpfForWindows\journal.db)").text,
              HasSubstr("is not there: no command has run on this VM"));
  EXPECT_FALSE(fs::exists(data("")));
  enabled();
  fs::remove(data("journal.db"));
  seen = checkup();
  EXPECT_THAT(not_well(seen), testing::Contains(HasSubstr("journal.db"))) << checkup_text(seen);
  EXPECT_THAT(on(seen, "EbpfCore").text, HasSubstr("perhaps ours"));
  must(Command::kEnable);  // as the advice says
  expect_well(checkup());
}

TEST_F(Doctor, A_journal_that_cannot_be_read_is_trouble_and_all_else_is_looked_at) {
  enabled();
  lab::write_file(data("journal.db"), std::string(5000, 'x'));
  const Checkup seen = checkup();
  EXPECT_THAT(on(seen, R"(C:\ProgramData\EbpfForWindows\journal.db)").advice.words,
              HasSubstr("The next command sets it aside"));
  EXPECT_EQ(on(seen, "EbpfCore").mark, Mark::kNote);
  must(Command::kEnable);
  const Checkup after = checkup();
  EXPECT_TRUE(after.is_well()) << checkup_text(after);
  EXPECT_THAT(checkup_text(after), HasSubstr("a journal that could not be used"));
}

// The names of files that differ between two readings of bytes_below.
std::vector<std::string> differing(const std::map<std::string, std::string>& a,
                                   const std::map<std::string, std::string>& b) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : a)
    if (!b.contains(name) || b.at(name) != bytes) names.push_back(name);
  for (const auto& [name, bytes] : b)
    if (!a.contains(name)) names.push_back(name);
  return names;
}

// Every file below a folder, with its bytes.
std::map<std::string, std::string> bytes_below(const fs::path& folder) {
  std::map<std::string, std::string> bytes;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().string();
    bytes[name] = entry.is_regular_file() ? lab::read_file(entry.path()) : "";
  }
  return bytes;
}

// What others named may end quotes, or move the cursor.
TEST_F(Doctor, A_hostile_name_is_shown_as_text_and_never_put_into_a_command) {
  for (const char* name :
       {"a\" & shutdown /s", "C:\\%TEMP%\\x", "a\nb", "x\x1b[2J", "\xe2\x80\xaegpj"}) {
    EXPECT_THAT(support::command_on("dir", name), IsEmpty()) << name;
    Checkup hostile;
    support::Area(hostile, "files").note(name, name);
    const std::string text = checkup_text(hostile);
    for (const char c : text)
      EXPECT_TRUE((c >= ' ' && c <= '~') || c == '\n') << text;
  }
  EXPECT_THAT(support::command_on("dir", "C:\\a b"), ElementsAre("dir \"C:\\a b\""));
}

// Refuses every call whose name begins so.
class NoAnswer final : public machine::CallObserver {
 public:
  explicit NoAnswer(std::string_view calls = "services.") : calls_(calls) {}
  void before(const machine::Call& call) override {
    if (!call.name.starts_with(calls_)) return;
    throw errors::Failure(ExitCode::kGeneric, call.object, "look at service " + call.object,
                          {"OpenSCManager", 1722, "The RPC server is unavailable."});
  }
  void after(const machine::Call& /*call*/) override {}

 private:
  std::string_view calls_;
};

TEST_F(Doctor, A_look_that_fails_is_unknown_with_its_words_and_the_others_are_made) {
  enabled();
  NoAnswer observer;
  const Checkup seen = doctor(vm_, package_, &observer);
  EXPECT_FALSE(seen.is_well());
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"}) {
    EXPECT_EQ(on(seen, name).mark, Mark::kUnknown);
    EXPECT_THAT(on(seen, name).text, HasSubstr("The RPC server is unavailable"));
  }
  EXPECT_THAT(checkup_text(seen), HasSubstr("17 files (ours), each as it was left"));
  EXPECT_EQ(on(seen, "NetshHelper").mark, Mark::kOk);
  vm_.set("tasks", {"fails=2147746132"});
  EXPECT_EQ(on(checkup(), "TracingTasks").mark, Mark::kUnknown);
  EXPECT_EQ(on(checkup(), "EbpfCore").mark, Mark::kOk);
}

TEST_F(Doctor, Where_nothing_at_all_answers_each_thing_is_unknown_and_it_ends_by_itself) {
  enabled();
  for (const char* calls : {"files.", "registry.", "host.", "tasks.", "system.", ""}) {
    NoAnswer observer(calls);
    Checkup seen;
    EXPECT_NO_THROW(seen = doctor(vm_, package_, &observer)) << calls;
    EXPECT_FALSE(seen.is_well()) << calls;
    EXPECT_GT(seen.count(Mark::kUnknown), 0U) << calls;
  }
}

TEST_F(Doctor, A_process_that_is_not_elevated_says_what_it_cannot_see) {
  enabled();
  auto request = lab::Vm::request(Command::kRecover, package_);
  request.is_elevated = false;
  const Checkup seen = handler::doctor(*vm_.machine(), request);
  EXPECT_THAT(not_well(seen), ElementsAre("unknown this process"));
  EXPECT_THAT(checkup_text(seen), HasSubstr("Run doctor as administrator"));
}

// Calls that only look. Whatever else doctor would call fails the test.
class OnlyLooks final : public machine::CallObserver {
 public:
  void before(const machine::Call& call) override {
    static const std::set<std::string_view> kLooks{"files.stat",
                                                   "files.list",
                                                   "files.read",
                                                   "files.sha256",
                                                   "files.version",
                                                   "files.other_writer",
                                                   "files.free_bytes",
                                                   "files.native_path",
                                                   "host.stat",
                                                   "host.list",
                                                   "host.read",
                                                   "host.sha256",
                                                   "host.version",
                                                   "registry.get",
                                                   "registry.subtree",
                                                   "services.active_dependents",
                                                   "services.config",
                                                   "services.process_alive",
                                                   "services.status",
                                                   "system.architecture",
                                                   "system.boot_id",
                                                   "system.machine_id",
                                                   "system.monotonic_ms",
                                                   "system.os_build",
                                                   "system.program_data",
                                                   "system.program_files",
                                                   "system.system_root",
                                                   "system.utc_ms",
                                                   "tasks.get"};
    EXPECT_TRUE(kLooks.contains(call.name)) << call.name << " " << call.object;
  }
  void after(const machine::Call& /*call*/) override {}
};

// The machine, and every file of the host but the simulated machine's own clock.
TEST_F(Doctor, Changes_nothing_whatever_the_machine_is_like) {
  const auto expect_unchanged = [this](const std::string& when) {
    SCOPED_TRACE(when);
    minutes_pass(1);  // nothing is on its way
    const auto before = bytes_below(folder_.path());
    const std::string snapshot = vm_.snapshot();
    OnlyLooks observer;
    doctor(vm_, package_, &observer);
    EXPECT_TRUE(lab::same_machine(snapshot, vm_.snapshot()));
    EXPECT_THAT(differing(before, bytes_below(folder_.path())),
                Each(ContainsRegex("/vm/machine\\.(json|lock)$")));
  };
  expect_unchanged("nothing is there");
  must(Command::kInstall);
  expect_unchanged("installed");
  must(Command::kEnable);
  expect_unchanged("enabled");
  vm_.set("service:eBPFSvc", {"stop-hangs"});
  behind([](machine::Machine& m) { m.services().stop("eBPFSvc"); });
  expect_unchanged("a service is stop-pending");
  vm_.set("service:eBPFSvc", {"clear"});
  minutes_pass(1);
  killed(Command::kEnable, "services.start#1:kill-after");
  ASSERT_GT(fs::file_size(data("journal.db-wal")), 0U);
  fs::remove(data("journal.db-shm"));
  expect_unchanged("a killed command left its -wal");
  EXPECT_FALSE(fs::exists(data("journal.db-shm")));
  lab::write_file(data("journal.db"), "no journal");
  expect_unchanged("the journal is damaged");
}

TEST_F(Doctor, As_JSON_it_has_each_finding_and_a_summary) {
  enabled();
  vm_.remove(std::string(kInstalled) + R"(\ebpfapi.dll)");
  const auto json = nlohmann::json::parse(checkup_json(checkup()).dump());
  EXPECT_EQ(json.at("summary").at("well"), false);
  EXPECT_EQ(json.at("summary").at("trouble"), 1);
  const auto& findings = json.at("findings");
  EXPECT_EQ(findings.size(), checkup().all().size());
  bool found = false;
  for (const auto& finding : findings) {
    for (const char* key : {"area", "object", "state", "text", "advice"})
      EXPECT_TRUE(finding.at(key).is_string()) << key;
    if (finding.at("state") != "trouble") continue;
    found = true;
    EXPECT_EQ(finding.at("object"), "ebpfapi.dll");
    EXPECT_EQ(finding.at("commands").at(0), package_.program() + " enable");
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace engine
