#pragma once

#include <string>
#include <vector>

#include "engine/commands/commands.h"
#include "tests/engine/bench.h"

namespace engine {

// What the next command does about a transaction that did not end.
class Recovering : public Bench {
 protected:
  // Of each transaction, in their order.
  std::vector<std::string> outcomes() const {
    std::vector<std::string> all;
    for (const journal::Transaction& transaction : vm_.transactions())
      all.emplace_back(journal::outcome(transaction));
    return all;
  }
  // A failing enable whose undo fails too: GuestProxyAgent does not come back.
  void stuck() const {
    must(commands::Command::kInstall);
    vm_.set("service:NetEbpfExt", {"start-fails=577"});
    vm_.set("service:GuestProxyAgent", {"start-fails=1053"});
    fails(commands::Command::kEnable, ExitCode::kStartDriver);
  }
  void until_inconsistent() const {
    constexpr int kEnough = 10;
    for (int i = 0; i < kEnough && outcome() != "inconsistent"; ++i)
      vm_.run(commands::Command::kRecover, package_);
    ASSERT_EQ(outcome(), "inconsistent") << vm_.journal_text();
  }
};

}  // namespace engine
