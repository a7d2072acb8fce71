// The program as a process: command line, variables, exit status, output.
#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "tests/engine/bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr int kUsageByte = 1110 & 0xff;

class CommandLine : public Bench {
 protected:
  CommandLine() : program_(package_.file("ebpf-handler.exe")) {
    std::error_code error;
    fs::create_hard_link(EBPF_TEST_BIN "/ebpf-handler", program_, error);
    if (error) fs::copy_file(EBPF_TEST_BIN "/ebpf-handler", program_);
  }

  struct Ended {
    int status = 0;
    std::string output;  // both streams
  };
  // As the VM Agent calls it: in another current directory, by its full path.
  Ended call(const std::string& arguments, const std::string& variables = "") const {
    const std::string command = "cd / && EBPF_HANDLER_MACHINE='" + vm_.folder().string() +
                                "' EBPF_HANDLER_EXIT_CODE_FILE='" + code_file().string() + "' " +
                                variables + " '" + program_.string() + "' " + arguments + " 2>&1";
    return shell(command);
  }
  static Ended shell(const std::string& command) {
    Ended ended;
    FILE* pipe = ::popen(command.c_str(), "r");
    std::array<char, 4096> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
      ended.output.append(buffer.data(), got);
    const int status = ::pclose(pipe);
    ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ended;
  }
  fs::path code_file() const { return folder_.path() / "code"; }
  std::string whole_code() const { return lab::read_file(code_file()); }

  fs::path program_;
};

TEST_F(CommandLine, Wrong_usage_is_the_low_byte_of_1110_and_changes_nothing) {
  const std::string before = vm_.snapshot();
  for (const char* arguments :
       {"", "nonsense", "install extra", "install --nonsense", "plan", "plan nonsense", "journal",
        "journal show", "journal show x", "journal export --html --ndjson",
        "journal export --html --last 0", "journal export --last 7",
        "journal show 99999 --journal /nonexistent/x install"}) {
    const Ended ended = call(arguments);
    EXPECT_EQ(ended.status, kUsageByte) << arguments << "\n" << ended.output;
    EXPECT_EQ(whole_code(), "1110\n") << arguments;
    EXPECT_FALSE(ended.output.empty()) << arguments;
  }
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

TEST_F(CommandLine, Help_and_version_succeed) {
  EXPECT_EQ(call("--help").status, 0);
  EXPECT_THAT(call("--help").output, HasSubstr("recover"));
  EXPECT_EQ(call("--version").status, 0);
}

TEST_F(CommandLine, Without_a_machine_it_is_usage_and_the_message_names_the_variable) {
  const Ended ended = shell("env -u EBPF_HANDLER_MACHINE '" + program_.string() + "' install 2>&1");
  EXPECT_EQ(ended.status, kUsageByte);
  EXPECT_THAT(ended.output, HasSubstr("EBPF_HANDLER_MACHINE"));
}

TEST_F(CommandLine, A_folder_that_is_no_VM_is_usage) {
  const Ended ended = shell("EBPF_HANDLER_MACHINE=/tmp '" + program_.string() + "' install 2>&1");
  EXPECT_EQ(ended.status, kUsageByte) << ended.output;
}

TEST_F(CommandLine, Its_package_is_where_the_program_lies_and_not_the_current_directory) {
  EXPECT_EQ(call("install").status, 0);
  EXPECT_EQ(call("enable", "ConfigSequenceNumber=3").status, 0);
  EXPECT_EQ(state("NetEbpfExt"), "running");
  EXPECT_EQ(package_.status(3)[0]["status"]["status"], "success");
  EXPECT_EQ(whole_code(), "0\n");
}

TEST_F(CommandLine, The_whole_code_is_in_the_file_and_its_low_byte_is_the_exit_status) {
  vm_.set("service:EbpfCore", {"start-fails=127"});
  const Ended ended = call("enable");
  EXPECT_EQ(ended.status, 1013 & 0xff);
  EXPECT_EQ(whole_code(), "1013\n");
  EXPECT_THAT(ended.output, HasSubstr("EbpfCore"));
  EXPECT_LT(ended.output.size(), 3200U);
}

TEST_F(CommandLine, As_JSON_the_result_has_the_whole_code_and_the_cause) {
  vm_.set("service:EbpfCore", {"start-fails=127"});
  const auto json = nlohmann::json::parse(call("enable --json").output);
  EXPECT_EQ(json["code"], 1013);
  EXPECT_EQ(json["name"], "start-driver");
  EXPECT_EQ(json["command"], "enable");
  EXPECT_EQ(json["failure"]["system"]["code"], 127);
}

TEST_F(CommandLine, A_hostile_sequence_number_is_1109) {
  call("enable", "ConfigSequenceNumber=../../x");
  EXPECT_EQ(whole_code(), "1109\n");
  EXPECT_TRUE(fs::is_empty(package_.folder("status")));
}

TEST_F(CommandLine, Doctor_ends_with_0_where_all_is_well_and_else_with_1113) {
  call("install");
  call("enable");
  EXPECT_EQ(call("doctor").status, 0) << call("doctor").output;
  EXPECT_EQ(whole_code(), "0\n");
  fs::remove(installed("ebpfapi.dll"));
  const Ended ended = call("doctor");
  EXPECT_EQ(ended.status, 1113 & 0xff);
  EXPECT_EQ(whole_code(), "1113\n");
  EXPECT_THAT(ended.output, HasSubstr("\n            " + program_.string() + " enable\n"));
  const auto json = nlohmann::json::parse(call("doctor --json").output);
  EXPECT_EQ(json.at("summary").at("trouble"), 1);
  EXPECT_THAT(call("doctor --help").output, HasSubstr("1113"));
}

TEST_F(CommandLine, The_journal_is_listed_shown_and_printed_as_JSON) {
  call("install");
  EXPECT_THAT(call("journal list").output, HasSubstr("committed"));
  EXPECT_THAT(call("journal show 1").output, HasSubstr("Transaction 1: install 1.0.0"));
  EXPECT_EQ(nlohmann::json::parse(call("journal list --json").output)["transactions"].size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(call("journal show 1 --json").output)["id"], 1);
  EXPECT_EQ(call("journal show 2").status, kUsageByte);
}

TEST_F(CommandLine, The_journal_is_exported_as_lines_or_as_a_page_also_into_a_file) {
  call("install");
  const std::string lines = call("journal export").output;
  EXPECT_EQ(call("journal export --ndjson").output, lines);
  EXPECT_THAT(lines, HasSubstr("\"command\":\"install\""));
  const std::string page = call("journal export --html --last 1").output;
  EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>"));
  const std::string file = (folder_.path() / "page.html").string();
  const Ended written = call("journal export --html --out '" + file + "'");
  EXPECT_EQ(written.status, 0);
  EXPECT_EQ(written.output, "");
  EXPECT_EQ(lab::read_file(file), page);

  const Ended refused = call("journal export --out '" + file + "/no/lines'");
  EXPECT_NE(refused.status, 0);
  EXPECT_THAT(refused.output, HasSubstr(file + "/no/lines"));
  EXPECT_NE(call("journal export --out /dev/full").status, 0);
}

TEST_F(CommandLine, Before_the_first_command_there_is_no_journal_and_that_is_said) {
  EXPECT_THAT(call("journal list").output, HasSubstr("No command has run here yet"));
  const std::string elsewhere = (folder_.path() / "copied.db").string();
  EXPECT_THAT(call("journal --journal '" + elsewhere + "' list").output,
              HasSubstr("Check the path"));
}

TEST_F(CommandLine, Of_a_missing_wal_only_a_copy_of_the_journal_is_suspected) {
  call("install");
  call("enable");
  // It does not stop, and eBPFSvc, which was stopped before, does not start again.
  vm_.set("service:NetEbpfExt", {"ignores-stop"});
  vm_.set("service:eBPFSvc", {"start-fails=1053"});
  call("disable");
  ASSERT_EQ(outcome(), "open") << "its undo failed";
  EXPECT_THAT(call("journal list").output, Not(HasSubstr("Copy both files")));
  const std::string copy = "--journal '" + vm_.journal_path().string() + "'";
  for (const std::string& words : {copy + " list", "list " + copy})
    EXPECT_THAT(call("journal " + words).output, HasSubstr("Copy both files")) << words;
}

TEST_F(CommandLine, A_journal_of_another_machine_is_read_without_a_machine) {
  call("install");
  fs::copy(vm_.journal_path(), folder_.path() / "copied.db");
  const Ended ended = shell("'" + program_.string() + "' journal --journal '" +
                            (folder_.path() / "copied.db").string() + "' list 2>&1");
  EXPECT_EQ(ended.status, 0) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("install"));
}

TEST_F(CommandLine, A_journal_that_is_missing_is_1103_and_names_its_path) {
  const Ended ended = call("journal list");
  EXPECT_EQ(ended.status, 1103 & 0xff);
  EXPECT_THAT(ended.output, HasSubstr("journal.db"));
}

TEST_F(CommandLine, A_plan_is_printed_as_text_and_as_JSON) {
  EXPECT_THAT(call("plan install").output, HasSubstr("undo: "));
  EXPECT_EQ(nlohmann::json::parse(call("plan install --json").output)["command"], "install");
  EXPECT_EQ(call("plan reset").status, 1110 & 0xff);
}

// As GuestProxyAgent's own set-up runs it, and as a person does.
class SetupProgram : public CommandLine {
 protected:
  SetupProgram() { fs::remove(package_.file("HandlerEnvironment.json")); }
  Ended setup(const std::string& arguments) const {
    return call("setup " + arguments + " --log '" + log().string() + "/'");
  }
  fs::path log() const { return folder_.path() / "made" / "log"; }
};

TEST_F(SetupProgram, It_runs_as_a_process_with_a_log_folder_and_another_source) {
  const Ended installed = setup("install");
  EXPECT_EQ(installed.status, 0) << installed.output;
  EXPECT_EQ(state("NetEbpfExt"), "running");
  const lab::Package newer = package("1.1.0");
  const Ended updated = setup("update --source '" + newer.root() + "/'");
  EXPECT_EQ(updated.status, 0) << updated.output;
  EXPECT_THAT(updated.output, HasSubstr("setup update eBPF 1.1.0: done"));
  EXPECT_EQ(nlohmann::json::parse(setup("uninstall --json").output)["command"], "setup uninstall");
  EXPECT_EQ(state("NetEbpfExt"), "");
  EXPECT_THAT(lab::read_file(log() / "ebpf_handler.log"), HasSubstr("setup uninstall committed"));
  EXPECT_TRUE(fs::is_empty(package_.folder("status")));
}

TEST_F(SetupProgram, Without_a_log_folder_or_a_command_it_is_usage_and_changes_nothing) {
  const std::string before = vm_.snapshot();
  for (const char* arguments : {"setup", "setup install", "setup enable --log /tmp",
                                "setup install --log", "plan setup nonsense"}) {
    EXPECT_EQ(call(arguments).status, kUsageByte) << arguments;
    EXPECT_EQ(whole_code(), "1110\n") << arguments;
  }
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_THAT(call("plan setup install").output, HasSubstr("undo: "));
}

}  // namespace
}  // namespace engine
