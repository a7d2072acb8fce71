#pragma once

#include <span>
#include <vector>

#include "engine/commands/commands.h"
#include "engine/handler/run.h"
#include "tests/lab/lab.h"
#include "tests/lab/update_commands.h"

namespace lab {

// A call of the VM Agent: a command of the handler in this package. The caller keeps the package.
struct Call {
  engine::commands::Command command;
  const Package* package;
};

// The calls of an update from one package to another. The caller keeps both packages.
class UpdateSequence {
 public:
  UpdateSequence(const Package& old_package, const Package& new_package)
      : old_(&old_package), new_(&new_package) {}

  std::vector<Call> all() const { return calls(kUpdateCommands); }
  // The calls before that command.
  std::vector<Call> before(engine::commands::Command command) const {
    return calls(update_before(command));
  }
  // The call of that command, and the calls after it.
  std::vector<Call> from(engine::commands::Command command) const {
    return calls(update_from(command));
  }
  // The calls before that command, and its own.
  std::vector<Call> through(engine::commands::Command command) const;

  // The package whose handler gets that command.
  const Package& package_of(engine::commands::Command command) const;

 private:
  std::vector<Call> calls(std::span<const UpdateCommand> rows) const;
  const Package* old_;
  const Package* new_;
};

// Makes a call that must succeed. Where it does not, the test fails with the handler's answer and
// the journal, and goes on.
engine::handler::Reply must(const Vm& vm, engine::commands::Command command,
                            const Package& package);
void must(const Vm& vm, const std::vector<Call>& calls);

// Makes a call that brings a machine to its state before a test, or before a recording. Throws
// std::runtime_error where it fails.
void prepare(const Vm& vm, engine::commands::Command command, const Package& package);
void prepare(const Vm& vm, const std::vector<Call>& calls);

}  // namespace lab
