#include "engine/handler/doctor_journal.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "engine/product/places.h"
#include "journal/damage.h"
#include "journal/lock.h"

namespace engine::handler {
namespace {

using journal::Reader;
using support::Area;
using support::Scene;

std::string beside_journal(machine::Machine& machine, const char* name) {
  return machine::join(product::data_folder(machine), name);
}

// Of SQLite's extended codes, those by which a command finds that the file itself is damaged; a
// query of ours that makes no sense to it has met other tables.
bool is_code_of_damage(const errors::SystemError& error) {
  constexpr std::int64_t kPrimary = 0xff;
  constexpr std::int64_t kError = 1;
  constexpr std::int64_t kCorrupt = 11;
  constexpr std::int64_t kNoDatabase = 26;
  constexpr std::int64_t kShortRead = 522;
  if (!error.api.starts_with("sqlite3")) return false;
  const std::int64_t code = error.code & kPrimary;
  return code == kError || code == kCorrupt || code == kNoDatabase || error.code == kShortRead;
}

// The reader's words for a database that is no journal.
bool is_no_journal(const errors::Failure& failure) {
  constexpr std::array<std::string_view, 2> kWords{"this is a database of another program",
                                                   "its tables are not those of a journal"};
  return std::ranges::any_of(
      kWords, [&](std::string_view words) { return failure.tried().ends_with(words); });
}

void tell_unread(const Scene& scene, const std::string& path, const errors::Failure& failure,
                 const Area& area) {
  std::string native;
  std::uint64_t size = 0;
  const auto unseen = errors::failure_in([&] {
    native = scene.machine.files().native_path(path);
    const auto there = scene.machine.files().stat(path);
    size = there ? there->size : 0;
  });
  const bool is_seen = !scene.holder && !unseen;  // a writer's file is as it may be
  if (failure.code() == errors::ExitCode::kJournalTooNew) {
    area.trouble(path, failure.message(), {failure.advice()});
  } else if (is_seen && is_set_aside(native, failure)) {
    area.trouble(path, failure.message(),
                 {"Copy it for support, with what lies beside it. The next command sets it aside "
                  "and takes the machine over by looking at it."});
  } else if (is_seen && size == 0) {
    area.trouble(path, "is empty, as if its making had been interrupted",
                 {"The next command makes it anew and takes the machine over by looking at it."});
  } else {
    area.unknown(path, failure);
  }
}

// What each command changes that does anything.
std::string progress_of(const journal::Records& records) {
  std::string text;
  if (const auto newest = records.newest_transaction())
    text = std::to_string(newest->id) + " " + std::string(journal::outcome(*newest)) + " " +
           std::to_string(newest->attempts) + " " + newest->ended_at;
  if (const auto operation = records.open_operation())
    text += "; " + std::to_string(operation->id) +
            (operation->state ? " " + std::string(journal::to_text(*operation->state)) : "");
  return text;
}

bool has_moved_on(const Scene& scene, const Reader* reader) {
  if (lock_holder(scene.machine) || (reader != nullptr && reader->is_overtaken())) return true;
  if (scene.is_unread) return false;  // there is nothing to compare with
  machine::Files& files = scene.machine.files();
  const std::string path = product::journal_path(scene.machine);
  const bool is_there = files.stat(path).has_value();
  if (reader == nullptr || !is_there) return is_there != (reader != nullptr);
  const Reader now(files.native_path(path), Reader::Place::kWhereItLives);
  const std::string progress = progress_of(now);
  return now.is_overtaken() || progress != progress_of(*reader);
}

// Where there is no room for a copy, the file itself is read.
std::unique_ptr<Reader> read(const std::string& native_path) {
  using Use = Reader::Use;
  const auto open = [&](Use use) {
    return std::make_unique<Reader>(native_path, Reader::Place::kWhereItLives, use);
  };
  std::unique_ptr<Reader> reader;
  const auto failure = errors::failure_in([&] { reader = open(Use::kWhole); });
  if (!failure) return reader;
  const bool is_of_copy =
      failure->system() && (failure->system()->api == "copy" || failure->system()->api == "mkdir");
  if (!is_of_copy) throw errors::Failure(*failure);
  return open(Use::kOnce);
}

}  // namespace

std::optional<std::string> lock_holder(machine::Machine& machine) {
  return journal::Lock::holder(machine.files().native_path(beside_journal(machine, "lock")));
}

bool is_set_aside(const std::string& native_path, const errors::Failure& failure) {
  if (failure.code() != errors::ExitCode::kJournalUnusable) return false;
  return !journal::damage_of_files(native_path).empty() || is_no_journal(failure) ||
         (failure.system() && is_code_of_damage(*failure.system()));
}

std::unique_ptr<Reader> open_journal(Scene& scene, const Area& area) {
  std::unique_ptr<Reader> reader;
  std::string path(product::kJournalName);
  const auto failure = errors::failure_in([&] {
    machine::Files& files = scene.machine.files();
    path = product::journal_path(scene.machine);
    const auto there = files.stat(path);
    if (there && there->readonly)
      area.note(path, "is read-only: the next command makes it writable");
    if (there) {
      reader = read(files.native_path(path));
      for (const std::string& warning : reader->warnings())
        area.note(path, warning);
    } else if (files.stat(beside_journal(scene.machine, "reserve"))) {
      scene.is_unread = true;
      area.trouble(path, "is missing, although commands have run here",
                   {"The next install or enable takes the machine over by looking at it."});
    } else {
      area.note(path, "is not there: no command has run on this VM");
    }
  });
  if (failure) tell_unread(scene, path, *failure, area);
  scene.is_unread = scene.is_unread || failure.has_value();
  scene.installation.take_over = scene.is_unread;  // as the next command sees it
  if (failure) reader.reset();
  return reader;
}

void check_meanwhile(const Scene& scene, const Reader* reader, const Area& area) {
  if (scene.holder) return;  // it is told as running
  area.look("a command", [&] {
    if (!has_moved_on(scene, reader)) return;
    area.add(support::Mark::kUnknown, "a command",
             "began meanwhile: what stands here may be of before it or of after it",
             {"Run doctor again when it has ended."});
  });
}

}  // namespace engine::handler
