#include "engine/support/leftovers.h"

#include <algorithm>

#include "actions/files/arm_recovery.h"
#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "engine/commands/operation_table.h"
#include "engine/product/places.h"
#include "engine/support/system_codes.h"
#include "text/printable.h"

namespace engine::support {
namespace {

using actions::files::ArmRecovery;
using journal::Transaction;
using journal::TransactionState;

constexpr std::string_view kTask = "the recovery task";

bool is_ended(const Transaction& transaction) {
  return transaction.state == TransactionState::kCommitted ||
         transaction.state == TransactionState::kUndone ||
         transaction.state == TransactionState::kRefused;
}

// Returns true if something is open that has armed the recovery.
bool is_to_be_armed(const journal::Records& records) {
  std::vector<Transaction> open = records.unfinished();
  if (const auto operation = records.open_operation()) {
    const auto of_operation = records.transactions_of(operation->id);
    open.insert(open.end(), of_operation.begin(), of_operation.end());
  }
  return std::ranges::any_of(open, [&](const Transaction& transaction) {
    if (transaction.state == TransactionState::kUndone) return false;
    return std::ranges::any_of(records.steps(transaction.id), [](const journal::Step& step) {
      return step.kind == ArmRecovery::kKind && step.state == journal::StepState::kDone;
    });
  });
}

// What keeps the recovery from coming; "": nothing.
std::string why_not_armed(machine::Machine& machine) {
  const std::string program = ArmRecovery::program_in(product::recovery_copy_folder(machine));
  if (!machine.files().stat(program)) return "its program " + program + " is missing";
  const auto task = machine.tasks().get(product::kRecoveryTask);
  if (!task) return "the task is missing";
  return task->enabled ? "" : "the task is disabled";
}

void check_recovery(const Scene& scene, const Area& area) {
  const std::string object(kTask);
  const bool wanted = scene.installation.removal_waits ||
                      (scene.records != nullptr && is_to_be_armed(*scene.records));
  const bool there =
      scene.machine.files().stat(product::recovery_copy_folder(scene.machine)).has_value();
  const std::string why = wanted || there ? why_not_armed(scene.machine) : "";
  if (!wanted && !there) return area.ok(object, "is not there, and nothing is open");
  if (!wanted) {
    return area.note(object,
                     "is there, and nothing is open: it stays behind an update or uninstall that "
                     "was undone, until a command settles");
  }
  if (why.empty()) return area.ok(object, "is armed for what is open");
  const std::string text = "is not armed, and something is open: " + why;
  if (scene.update && !scene.is_unfinished && !scene.nobody_goes_on) {
    return area.trouble(object, text,
                        {"The VM Agent's next command goes on with the update without the task. If "
                         "none has come " +
                         std::to_string(commands::kAbandonedAfterMinutes) +
                         " minutes after the last one, run doctor again."});
  }
  area.trouble(object, text,
               {"Nobody finishes what is open but the VM Agent's next command, or you:",
                {scene.command("recover --abandoned")}});
}

// Returns why a work folder lies there.
Checked work_folder(const Scene& scene, const std::string& folder,
                    const std::vector<Transaction>& owners) {
  Checked checked{"leftovers", folder, Mark::kNote, ""};
  const auto owner = std::ranges::find_if(owners, [&](const Transaction& transaction) {
    return machine::equal_paths(transaction.work_folder, folder);
  });
  if (owner == owners.end()) {
    checked.text = "files of a transaction that the journal does not know: no command uses them";
    checked.advice = {"Once eBPF runs, and nobody misses a file, delete it:",
                      command_on("cmd /c rmdir /s /q", folder)};
    return checked;
  }
  const std::string name = "transaction " + std::to_string(owner->id);
  const auto operation = scene.records->find_operation(owner->operation_id);
  const bool needed =
      !is_ended(*owner) || (operation && operation->state != journal::OperationState::kSettled &&
                            operation->state != journal::OperationState::kUndone);
  if (needed) {
    checked.mark = Mark::kOk;
    checked.text = "what " + name + " needs to be undone";
  } else if (scene.machine.files().stat(machine::join(folder, "before.json"))) {
    checked.text = "files of " + name +
                   " whose places somebody else has taken, or the next boot "
                   "deletes";
    checked.advice = {"Compare them with what is in their places now:",
                      command_on("cmd /c dir /s", folder)};
  } else {
    checked.text = "of " + name + ": the next command, or the next boot, deletes it";
  }
  return checked;
}

void check_data_folder(const Scene& scene, Checkup& checkup) {
  const Area area(checkup, "leftovers");
  machine::Files& files = scene.machine.files();
  const std::string data = product::data_folder(scene.machine);
  const auto there = files.stat(data);
  if (!there) return;
  std::vector<Transaction> owners;
  if (scene.records != nullptr) owners = scene.records->with_work_folder();
  std::size_t found = 0;
  for (const std::string& name : files.list(data)) {
    const std::string path = machine::join(data, text::printable(name));
    const bool damaged = name.starts_with(std::string(product::kJournalName) + ".damaged-");
    if (damaged && !name.ends_with("-wal") && !name.ends_with("-shm")) {
      ++found;
      Advice advice{"Keep it until support has it; it says what happened before."};
      if (is_plain(path))
        advice.commands = {scene.command("journal --journal \"" + path + "\" list")};
      area.note(path, "a journal that could not be used, and was set aside", advice);
    } else if (name.starts_with("txn-")) {
      ++found;
      area.look(path, [&] { checkup.add(work_folder(scene, path, owners)); });
    }
  }
  const std::string above = machine::parent(data);
  for (const std::string& name : files.list(above)) {
    if (!name.starts_with(machine::file_name(data) + ".untrusted-")) continue;
    ++found;
    const std::string path = machine::join(above, text::printable(name));
    area.note(path, "others could write there: it was moved aside unread",
              {"See who made it, and delete it:", command_on("icacls", path)});
  }
  if (found == 0) area.ok(data, "nothing is left over");
}

}  // namespace

void check_leftovers(const Scene& scene, Checkup& checkup) {
  const Area area(checkup, "leftovers");
  area.look(std::string(kTask), [&] { check_recovery(scene, area); });
  area.look("the journal's folder", [&] { check_data_folder(scene, checkup); });
}

}  // namespace engine::support
