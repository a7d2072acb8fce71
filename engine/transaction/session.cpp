#include "engine/transaction/session.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "engine/product/meta.h"
#include "engine/product/places.h"
#include "errors/failure.h"
#include "journal/path.h"
#include "journal/reserve.h"

namespace engine::transaction {

using errors::ExitCode;
using errors::Failure;

namespace {

bool is_there(const std::string& host_path) {
  std::error_code error;
  const auto status = std::filesystem::status(journal::to_path(host_path), error);
  return status.type() != std::filesystem::file_type::not_found;
}

}  // namespace

Session::Session(machine::Machine& machine, Options options)
    : machine_(machine), options_(std::move(options)) {
  folder_ = make_folder();
  if (!lost_.empty()) notes_.push_back(lost_ + ".");
  lock_ = journal::Lock::acquire(file(kLockFile), options_.holder, options_.patience);
  // The reserve is made once the journal is there, and outlives every command.
  if (lost_.empty() && is_there(file("reserve")) && !is_there(file(product::kJournalName))) {
    lost_ = "The journal was missing, although commands have run here";
    notes_.push_back(lost_ + ". The machine is taken over by looking at it.");
  }
  open();
  lost_.clear();
}

Session::~Session() = default;

std::string Session::make_folder() {
  std::string folder = product::data_folder(machine_);
  std::optional<std::string> moved;
  const auto failure =
      errors::failure_in([&] { moved = machine_.files().create_private_folder(folder); });
  if (moved) {
    lost_ = "The folder " + folder + " was not ours alone: it was moved to " + *moved +
            " unread, and a new one made";
  }
  if (!failure) return folder;
  std::string second = product::second_data_folder(machine_);
  const auto found = machine_.files().stat(folder);
  const bool is_others = found && (found->kind == machine::FileKind::kLink ||
                                   machine_.files().other_writer(folder, {}).has_value());
  if (machine::equal_paths(folder, second) || !is_others) throw Failure(*failure);
  machine_.files().create_private_folder(second);
  lost_ = "The folder " + folder + " is not ours alone and could not be moved (" +
          failure->message() + "): it is left unread, and " + second + " is used from now on";
  return second;
}

std::string Session::file(std::string_view name) const {
  return machine_.files().native_path(machine::join(folder_, name));
}

void Session::open(const std::string& damage, journal::Facts facts) {
  journal::release_reserve(file("reserve"), machine_.files().free_bytes(folder_));
  journal::OpenOptions options;
  options.path = file(product::kJournalName);
  options.program_version = options_.program_version;
  options.machine_id = machine_.system().machine_id();
  options.boot_id = machine_.system().boot_id();
  options.utc_ms = [&machine = machine_] { return machine.system().utc_ms(); };
  options.on_commit = options_.on_commit;
  options.damage = damage;
  options.facts = std::move(facts);
  options.lost = lost_;
  journal_ = journal::Journal::open(options);
  for (const std::string& note : journal_->notes())
    notes_.push_back(note + ".");
  if (!journal_->was_set_aside().empty()) {
    const std::string why = damage.empty() ? "was damaged" : damage;
    notes_.push_back("The journal " + why + ": it is kept as " + journal_->was_set_aside() +
                     ", and a new one was begun. The machine is taken over by looking at it.");
  }
}

void Session::reopen() {
  journal_.reset();
  open();
}

void Session::set_aside(const std::string& damage, journal::Facts facts) {
  journal_.reset();
  open(damage, std::move(facts));
}

void Session::commit(const std::function<void(journal::Commit&)>& write) {
  if (!journal_)
    throw Failure(ExitCode::kJournalUnusable, file(product::kJournalName), "write to the journal");
  journal::Commit commit(*journal_);
  write(commit);
  commit.finish();
}

bool Session::adopt_clone() {
  if (journal_ == nullptr || !journal_->from_another_machine()) return false;
  commit([this](journal::Commit& commit) {
    commit.put_meta("machine_id", machine_.system().machine_id());
    commit.event(0, journal::Level::kWarning,
                 "This machine is a clone of the one that wrote this journal.");
    commit.forget_meta(product::meta::kPackageFolders);  // they are the other machine's
  });
  return true;
}

bool Session::is_short_of_room() const {
  return machine_.files().free_bytes(folder_) < 4 * journal::kReserveBytes;
}

void Session::make_reserve() { journal::make_reserve(file("reserve")); }

}  // namespace engine::transaction
