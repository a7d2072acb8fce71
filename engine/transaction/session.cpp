#include "engine/transaction/session.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"
#include "engine/product/places.h"
#include "errors/failure.h"
#include "journal/path.h"
#include "journal/reserve.h"

namespace engine::transaction {

using errors::ExitCode;
using errors::Failure;
using product::data_folder;
using product::journal_path;

namespace {

bool is_there(machine::Machine& machine, const std::string& path) {
  std::error_code error;
  const auto status =
      std::filesystem::status(journal::to_path(machine.files().native_path(path)), error);
  return status.type() != std::filesystem::file_type::not_found;
}

}  // namespace

Session::Session(machine::Machine& machine, Options options)
    : machine_(machine), options_(std::move(options)) {
  const std::string folder = data_folder(machine_);
  if (const auto moved = machine_.files().create_private_folder(folder)) {
    lost_ = "The folder " + folder + " was not ours alone: it was moved to " + *moved +
            " unread, and a new one made";
    notes_.push_back(lost_ + ".");
  }
  lock_ = journal::Lock::acquire(machine_.files().native_path(machine::join(folder, "lock")),
                                 options_.holder, options_.patience);
  // The reserve is made once the journal is there, and outlives every command.
  const bool was_used = is_there(machine_, machine::join(folder, "reserve"));
  if (lost_.empty() && was_used && !is_there(machine_, journal_path(machine_))) {
    lost_ = "The journal was missing, although commands have run here";
    notes_.push_back(lost_ + ". The machine is taken over by looking at it.");
  }
  open();
  lost_.clear();
}

Session::~Session() = default;

void Session::open(const std::string& damage) {
  const std::string path = machine_.files().native_path(journal_path(machine_));
  const std::string reserve =
      machine_.files().native_path(machine::join(data_folder(machine_), "reserve"));
  journal::release_reserve(reserve, machine_.files().free_bytes(data_folder(machine_)));
  journal::OpenOptions options;
  options.path = path;
  options.program_version = options_.program_version;
  options.machine_id = machine_.system().machine_id();
  options.utc_ms = [&machine = machine_] { return machine.system().utc_ms(); };
  options.on_commit = options_.on_commit;
  options.damage = damage;
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

void Session::set_aside(const std::string& damage) {
  journal_.reset();
  open(damage);
}

void Session::commit(const std::function<void(journal::Commit&)>& write) {
  if (!journal_)
    throw Failure(ExitCode::kJournalUnusable, journal_path(machine_), "write to the journal");
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
  });
  return true;
}

bool Session::is_short_of_room() const {
  return machine_.files().free_bytes(data_folder(machine_)) < 4 * journal::kReserveBytes;
}

void Session::make_reserve() {
  journal::make_reserve(
      machine_.files().native_path(machine::join(data_folder(machine_), "reserve")));
}

}  // namespace engine::transaction
