#pragma once

#include <string>
#include <vector>

#include "engine/commands/commands.h"
#include "engine/product/meta.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"

namespace engine {

// A VM on which 1.0.0 is enabled, and the package of 1.1.0 that comes in.
class Update : public Bench {
 protected:
  void SetUp() override {
    enabled();
    before_ = vm_.snapshot();
  }

  // Makes the calls of the update before `last`.
  void up_to(commands::Command last) const { must(update_.before(last)); }
  // Makes all calls of the update.
  void whole() const { must(update_.all()); }

  // The machine is as it was before the update.
  void expect_before() const { EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())); }

  // All services of that version run and are automatic, and the journal names it.
  void expect_running(const std::string& version) const {
    expect_all_running();
    for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"})
      EXPECT_EQ(start_type(name), "automatic") << name;
    EXPECT_EQ(meta(engine::product::meta::kSettledVersion), version);
  }

  // All operations of the journal, oldest first.
  std::vector<journal::Operation> operations() const {
    journal::Reader reader(vm_.journal_path().string());
    std::vector<journal::Operation> all;
    for (std::int64_t id = 1;; ++id) {
      const auto operation = reader.find_operation(id);
      if (!operation) return all;
      all.push_back(*operation);
    }
  }

  std::string before_;
  lab::Package fresh_ = package("1.1.0");
  lab::UpdateSequence update_{package_, fresh_};
};

}  // namespace engine
