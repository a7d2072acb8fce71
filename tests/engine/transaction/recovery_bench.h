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
  // Runs an enable, transaction 3, that fails, and whose undo fails: eBPFSvc, which ran, does not
  // start again.
  void stuck() const {
    enabled();
    lab::write_file(installed("ebpfapi.dll"), "damaged");
    stuck_at_repair();
  }
  void stuck_at_repair() const {
    vm_.set("service:eBPFSvc", {"start-fails=1053"});
    const handler::Reply reply =
        with_fault(commands::Command::kEnable, "services.start#2:fail=577");
    EXPECT_EQ(reply.code, ExitCode::kStartDriver) << text(reply);
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
