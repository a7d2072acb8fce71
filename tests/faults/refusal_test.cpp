// A command of an update that cannot even be read is a failing command of it like any other.
#include <gtest/gtest.h>

#include "engine/commands/commands.h"
#include "tests/lab/lab.h"
#include "tests/lab/same_machine.h"
#include "tests/lab/update_sequence.h"

namespace faults {
namespace {

using engine::commands::Command;

class UnreadUpdate : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    lab::must(vm_, Command::kInstall, old_);
    lab::must(vm_, Command::kEnable, old_);
    vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
    old_running_ = vm_.snapshot();
  }

  // With a file of the package in the way of its reader.
  void fails_unread(Command command) const {
    const auto path = new_.file(GetParam());
    const std::string content = lab::read_file(path);
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    const engine::handler::Reply reply = vm_.run(command, new_);
    EXPECT_NE(static_cast<int>(reply.code), 0);
    EXPECT_TRUE(lab::same_machine(old_running_, vm_.snapshot()))
        << reply.lines.front() << vm_.journal_text();
    std::filesystem::remove(path);
    lab::write_file(path, content);
  }

  lab::TemporaryFolder folder_;
  lab::Vm vm_ = lab::Vm::in_memory(folder_.path() / "vm");
  lab::Package old_{folder_.path() / "old", "1.0.0"};
  lab::Package new_{folder_.path() / "new", "1.1.0"};
  lab::UpdateSequence update_{old_, new_};
  std::string old_running_;
};

TEST_P(UnreadUpdate, Before_it_is_open_gives_back_what_disable_stopped) {
  lab::must(vm_, update_.before(Command::kUpdate));
  fails_unread(Command::kUpdate);
}

TEST_P(UnreadUpdate, Once_it_is_open_is_undone_as_a_whole) {
  lab::must(vm_, update_.before(Command::kEnable));
  fails_unread(Command::kEnable);
}

INSTANTIATE_TEST_SUITE_P(Of, UnreadUpdate,
                         testing::Values("HandlerEnvironment.json", "payload.json"),
                         [](const auto& row) {
                           return std::string(row.param).substr(0,
                                                                std::string(row.param).find('.'));
                         });

}  // namespace
}  // namespace faults
