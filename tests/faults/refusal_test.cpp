// A command of an update that cannot even be read is a failing command of it like any other.
#include <gtest/gtest.h>

#include "engine/commands/commands.h"
#include "tests/lab/lab.h"

namespace faults {
namespace {

using engine::commands::Command;

class UnreadUpdate : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    must(Command::kInstall, old_);
    must(Command::kEnable, old_);
    vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
    old_running_ = vm_.snapshot();
    must(Command::kDisable, old_);
  }

  void must(Command command, const lab::Package& package) const {
    const engine::handler::Reply reply = vm_.run(command, package);
    EXPECT_EQ(static_cast<int>(reply.code), 0) << reply.lines.front() << vm_.journal_text();
  }

  // With a file of the package in the way of its reader.
  void fails_unread(Command command) const {
    const auto path = new_.file(GetParam());
    const std::string content = lab::read_file(path);
    std::filesystem::remove(path);
    std::filesystem::create_directory(path);
    const engine::handler::Reply reply = vm_.run(command, new_);
    EXPECT_NE(static_cast<int>(reply.code), 0);
    EXPECT_TRUE(vm_.snapshot() == old_running_) << reply.lines.front() << vm_.journal_text();
    std::filesystem::remove(path);
    lab::write_file(path, content);
  }

  lab::TemporaryFolder folder_;
  lab::Vm vm_ = lab::Vm::in_memory(folder_.path() / "vm");
  lab::Package old_{folder_.path() / "old", "1.0.0"};
  lab::Package new_{folder_.path() / "new", "1.1.0"};
  std::string old_running_;
};

TEST_P(UnreadUpdate, Before_it_is_open_gives_back_what_disable_stopped) {
  fails_unread(Command::kUpdate);
}

TEST_P(UnreadUpdate, Once_it_is_open_is_undone_as_a_whole) {
  must(Command::kUpdate, new_);
  must(Command::kUninstall, old_);
  must(Command::kInstall, new_);
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
