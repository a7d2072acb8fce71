// docs/support.md: each command in it is run, and its output is the program's.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "engine/commands/commands.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"

namespace engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDocument = EBPF_TEST_SOURCE "/docs/support.md";
constexpr std::string_view kPrompt = "$ ";

// An update that failed and was undone: the VM that the document shows, and a copy of its journal
// with log and status.
class SupportDocument : public Update {
 protected:
  void SetUp() override {
    Update::SetUp();
    vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
    up_to(commands::Command::kEnable);
    fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
    vm_.set("service:NetEbpfExt", {"clear"});
    fs::create_directory(desk());
    fs::copy_file(vm_.journal_path(), desk() / "journal.db");
    fs::copy_file(fresh_.folder("log") / "ebpf_handler.log", desk() / "ebpf_handler.log");
    fs::copy_file(fresh_.folder("status") / "0.status", desk() / "0.status");
  }
  fs::path desk() const { return folder_.path() / "desk"; }

  // What the command prints at the support desk; what it needs of the VM it asks the VM. Without
  // the lines that name folders of this run.
  std::string printed(const std::string& command) const {
    const std::string whole = "cd '" + desk().string() +
                              "' && PATH='" EBPF_TEST_BIN ":'$PATH EBPF_HANDLER_MACHINE='" +
                              vm_.folder().string() + "' " + command + " 2>/dev/null";
    FILE* pipe = ::popen(whole.c_str(), "r");
    std::string output;
    std::array<char, 4096> buffer{};
    while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe))
      output.append(buffer.data(), got);
    ::pclose(pipe);
    std::istringstream lines(output);
    std::string shown;
    for (std::string line; std::getline(lines, line);) {
      const bool is_of_run = line.find(folder_.path().string()) != std::string::npos ||
                             line.find(EBPF_TEST_BIN) != std::string::npos;
      if (!is_of_run) shown += line + "\n";
    }
    return shown;
  }
};

// Where it differs, EBPF_RECORD_DOCUMENTS=1 writes the document anew.
TEST_F(SupportDocument, Each_command_prints_what_it_says) {
  std::istringstream in(lab::read_file(kDocument));
  std::string made;
  std::size_t commands = 0;
  for (std::string line; std::getline(in, line);) {
    made += line + "\n";
    if (!line.starts_with(kPrompt)) continue;
    ++commands;
    const std::string output = printed(line.substr(kPrompt.size()));
    EXPECT_NE(output, "") << line;
    made += output;
    while (std::getline(in, line) && line != "```") {
    }
    made += line + "\n";
  }
  EXPECT_GE(commands, 9U);
  if (std::getenv("EBPF_RECORD_DOCUMENTS") != nullptr) lab::write_file(kDocument, made);
  EXPECT_EQ(lab::read_file(kDocument), made);
}

}  // namespace
}  // namespace engine
