#include "actions/registry/take_back_deletions.h"

#include <algorithm>

#include "actions/machine/files.h"
#include "actions/machine/system.h"
#include "errors/failure.h"
#include "text/joined.h"

namespace actions::registry {
namespace {

using errors::ExitCode;
using errors::Failure;

void write(machine::Machine& machine, std::string_view queue, const BootOperations& operations) {
  if (const auto value = value_of(operations)) {
    machine.registry().set(kBootQueueKey, queue, *value);
  } else {
    machine.registry().remove_value(kBootQueueKey, queue);
  }
}

bool begins_with(const BootOperations& all, const BootOperations& first) {
  return all.size() >= first.size() && std::equal(first.begin(), first.end(), all.begin());
}

}  // namespace

std::string TakeBackDeletions::target() const {
  return std::string(kBootQueueKey) + "\\" + std::string(kBootQueues.front());
}

std::string TakeBackDeletions::list() const { return text::joined(given_.paths); }

Contexts TakeBackDeletions::contexts() const {
  return {.capture = {"while looking at what the next boot would do to " + list()},
          .apply = {"while taking back what the next boot would do to " + list()},
          .undo = {"while queuing again what the next boot does to " + list()}};
}

bool TakeBackDeletions::is_ours(const BootOperation& operation) const {
  return std::ranges::any_of(given_.paths,
                             [&](const std::string& path) { return works_on(operation, path); });
}

BootOperations TakeBackDeletions::foreign_of(BootOperations operations) const {
  std::erase_if(operations, [this](const BootOperation& operation) { return is_ours(operation); });
  return operations;
}

BootOperations TakeBackDeletions::harmless_of(BootOperations operations, Machine& machine) const {
  std::erase_if(operations, [&](const BootOperation& operation) {
    return std::ranges::any_of(given_.paths, [&](const std::string& path) {
      return works_on(operation, path) && machine.files().stat(path);
    });
  });
  return operations;
}

TakeBackDeletions::Before TakeBackDeletions::find(Machine& machine) const {
  return {machine.system().boot_id(), boot_queues(machine)};
}

TakeBackDeletions::After TakeBackDeletions::change(Machine& machine, const Before&,
                                                   Deadline) const {
  for (const std::string_view queue : kBootQueues) {
    const BootOperations now = operations_of(machine.registry().get(kBootQueueKey, queue));
    const BootOperations foreign = foreign_of(now);
    if (foreign.size() != now.size()) write(machine, queue, foreign);
  }
  if (!queued_paths(machine, given_.paths).empty()) {
    throw Failure(ExitCode::kGeneric, target(),
                  "take back what the next boot would do to " + list() + ": it is queued again");
  }
  return boot_queues(machine);
}

void TakeBackDeletions::restore(Machine& machine, std::string_view queue,
                                const std::optional<machine::RegistryValue>& before,
                                UndoResult& result) const {
  const BootOperations found = operations_of(before);
  const BootOperations foreign = foreign_of(found);
  const BootOperations wanted = harmless_of(found, machine);
  if (wanted.size() == foreign.size()) return;
  const BootOperations now = operations_of(machine.registry().get(kBootQueueKey, queue));
  if (begins_with(now, found) || begins_with(now, wanted)) return;
  if (!begins_with(now, foreign)) {
    result.foreign.push_back("Registry value " + std::string(kBootQueueKey) + "\\" +
                             std::string(queue) +
                             " was changed by somebody else; what was taken out stays out");
    return;
  }
  BootOperations all = wanted;
  all.insert(all.end(), now.begin() + static_cast<std::ptrdiff_t>(foreign.size()), now.end());
  write(machine, queue, all);
}

UndoResult TakeBackDeletions::take_back(Machine& machine, const Before& before, const AfterIfKnown&,
                                        Deadline) const {
  UndoResult result;
  if (machine.system().boot_id() != before.boot) return result;
  for (std::size_t i = 0; i < kBootQueues.size(); ++i)
    restore(machine, kBootQueues.at(i), before.queues.values.at(i), result);
  return result;
}

Probe TakeBackDeletions::compare(Machine& machine, const Before& before,
                                 const AfterIfKnown& after) const {
  const BootQueuesImage now = boot_queues(machine);
  bool any_queued = false;
  bool any_gone = false;
  for (std::size_t i = 0; i < kBootQueues.size(); ++i) {
    const BootOperations there = operations_of(now.values.at(i));
    for (const BootOperation& operation : operations_of(before.queues.values.at(i))) {
      if (is_ours(operation))
        (std::ranges::count(there, operation) > 0 ? any_queued : any_gone) = true;
    }
  }
  if (any_queued) return any_gone ? Probe::kBetween : Probe::kBefore;
  return any_gone || after ? Probe::kAfter : Probe::kBefore;
}

}  // namespace actions::registry
