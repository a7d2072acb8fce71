#include "tests/lab/update_sequence.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "errors/exit_code.h"
#include "tests/world/oracle.h"

namespace lab {

using engine::commands::Command;
using engine::handler::Reply;

namespace {

std::string answer(Command command, const Reply& reply) {
  return std::string(engine::commands::row(command).name) + ":\n" + world::joined(reply.lines);
}

}  // namespace

std::vector<Call> UpdateSequence::calls(std::span<const UpdateCommand> rows) const {
  std::vector<Call> calls;
  for (const UpdateCommand& row : rows)
    calls.push_back({row.command, row.handler == Handler::kOld ? old_ : new_});
  return calls;
}

std::vector<Call> UpdateSequence::through(Command command) const {
  std::vector<Call> calls = before(command);
  calls.push_back(from(command).front());
  return calls;
}

const Package& UpdateSequence::package_of(Command command) const {
  return *from(command).front().package;
}

Reply must(const Vm& vm, Command command, const Package& package) {
  const Reply reply = vm.run(command, package);
  EXPECT_EQ(static_cast<int>(reply.code), 0) << answer(command, reply) << vm.journal_text();
  return reply;
}

void must(const Vm& vm, const std::vector<Call>& calls) {
  for (const auto& [command, package] : calls)
    must(vm, command, *package);
}

void prepare(const Vm& vm, Command command, const Package& package) {
  const Reply reply = vm.run(command, package);
  if (reply.code != errors::ExitCode::kSuccess)
    throw std::runtime_error("preparing: " + answer(command, reply));
}

void prepare(const Vm& vm, const std::vector<Call>& calls) {
  for (const auto& [command, package] : calls)
    prepare(vm, command, *package);
}

}  // namespace lab
