#pragma once

#include <string>
#include <vector>

#include "engine/commands/commands.h"
#include "tests/engine/bench.h"

namespace engine {

// A VM whose last transaction did not end, and what the next commands make of it.
class Recovering : public Bench {
 protected:
  // The outcome of each transaction, oldest first.
  std::vector<std::string> outcomes() const {
    std::vector<std::string> all;
    for (const journal::Transaction& transaction : vm_.transactions())
      all.emplace_back(journal::outcome(transaction));
    return all;
  }
  // Runs an enable that fails, and whose undo fails: GuestProxyAgent does not start again.
  void stuck() const {
    must(commands::Command::kInstall);
    vm_.set("service:NetEbpfExt", {"start-fails=577"});
    vm_.set("service:GuestProxyAgent", {"start-fails=1053"});
    fails(commands::Command::kEnable, ExitCode::kStartDriver);
  }
  // Repeats the recovery until it gives up.
  void until_inconsistent() const {
    constexpr int kEnough = 10;
    for (int i = 0; i < kEnough && outcome() != "inconsistent"; ++i)
      vm_.run(commands::Command::kRecover, package_);
    ASSERT_EQ(outcome(), "inconsistent") << vm_.journal_text();
  }
};

}  // namespace engine
