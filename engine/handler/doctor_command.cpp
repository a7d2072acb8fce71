#include "engine/handler/doctor_command.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/paths.h"
#include "engine/handler/abandonment.h"
#include "engine/handler/detect.h"
#include "engine/handler/doctor_surroundings.h"
#include "engine/planning/incoming.h"
#include "engine/planning/install.h"
#include "engine/product/installation_state.h"
#include "engine/product/places.h"
#include "engine/support/doctor.h"
#include "journal/lock.h"
#include "journal/reader.h"
#include "package/handler_manifest.h"

namespace engine::handler {
namespace {

using support::Advice;
using support::Area;

std::string beside_journal(machine::Machine& machine, const char* name) {
  return machine::join(product::data_folder(machine), name);
}

// Whether the next command sets a journal aside that fails so; else that one may fail as well.
bool is_damage(const errors::Failure& failure) {
  constexpr std::int64_t kPrimary = 0xff;   // of SQLite's extended codes
  constexpr std::int64_t kCorrupt = 11;     // SQLITE_CORRUPT
  constexpr std::int64_t kNoDatabase = 26;  // SQLITE_NOTADB
  if (failure.code() != errors::ExitCode::kJournalUnusable) return false;
  if (!failure.system()) return true;
  const std::int64_t code = failure.system()->code & kPrimary;
  return failure.system()->api.starts_with("sqlite3") && (code == kCorrupt || code == kNoDatabase);
}

void tell_unread(const std::string& path, const errors::Failure& failure, const Area& area) {
  if (is_damage(failure)) {
    area.trouble(path, failure.message(),
                 {"Copy it for support, with what lies beside it. The next command sets it aside "
                  "and takes the machine over by looking at it."});
  } else if (failure.code() == errors::ExitCode::kJournalTooNew) {
    area.trouble(path, failure.message(), {failure.advice()});
  } else {
    area.unknown(path, failure);
  }
}

// nullptr: there is none, or none that can be read; `area` says so.
std::unique_ptr<journal::Reader> open_journal(support::Scene& scene, const Area& area) {
  std::unique_ptr<journal::Reader> reader;
  std::string path(product::kJournalName);
  const auto failure = errors::failure_in([&] {
    machine::Files& files = scene.machine.files();
    path = product::journal_path(scene.machine);
    const auto there = files.stat(path);
    if (there && there->readonly)
      area.note(path, "is read-only: the next command makes it writable");
    if (there) {
      reader = std::make_unique<journal::Reader>(files.native_path(path),
                                                 journal::Reader::Place::kWhereItLives);
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
  if (failure) tell_unread(path, *failure, area);
  scene.is_unread = scene.is_unread || failure.has_value();
  scene.installation.take_over = scene.is_unread;  // as the next command sees it
  if (failure) reader.reset();
  return reader;
}

std::string payload_in(machine::HostFiles& host, const std::string& root) {
  return planning::own_package(host, root, commands::Command::kEnable).version;
}

// What brings the settled version back to what it should be: an enable of its own handler, by hand.
Advice mend_of(machine::Machine& machine, const support::Scene& scene, const Request& request) {
  machine::HostFiles& host = machine.host();
  const std::string& settled = scene.installation.settled_version;
  const std::string wanted = settled.empty() ? scene.package_version : settled;
  if (wanted.empty()) return {"Deploy the extension again."};
  std::vector<std::pair<std::string, std::string>> programs{
      {request.package_root, request.program}};
  for (const std::string& root : package_folders(scene.records)) {
    const char* separator = root.find('\\') == std::string::npos ? "/" : "\\";
    programs.emplace_back(root, root + separator + std::string(package::kHandlerProgram));
  }
  for (const auto& [root, program] : programs) {
    const bool is_plain = program.find_first_of("\"%&|<>^\r\n") == std::string::npos;
    if (!is_plain || !host.stat(program) || payload_in(host, root) != wanted) continue;
    const std::string quoted = "\"" + program + "\" ";
    if (has_environment(host, root)) return {"An enable mends it:", {quoted + "enable"}};
    return {"A setup install mends it:", {quoted + R"(setup install --log C:\Windows\Temp)"}};
  }
  return {"Deploy the extension's version " + wanted + " again: its enable mends it."};
}

void check_caller(const Request& request, const Area& area) {
  if (request.is_elevated) return;
  area.add(support::Mark::kUnknown, "this process",
           "is not elevated: the journal, and what only administrators may read, is not seen",
           {"Run doctor as administrator, from an elevated command prompt."});
}

void read_journal(support::Scene& scene, const journal::Reader& reader, const Request& request) {
  scene.records = &reader;
  scene.installation = product::installation_state_of(reader);
  scene.update = open_update(reader);
  scene.is_unfinished = !reader.unfinished().empty();
  scene.extension_is_gone = extension_is_gone(scene.machine, reader);
  if (!scene.update) return;
  Request as_enable = request;
  as_enable.command = commands::Command::kEnable;
  Detected detected =
      detect(scene.machine, &reader, scene.installation, as_enable, std::nullopt,
             planning::own_package(scene.machine.host(), request.package_root, as_enable.command));
  scene.installation = std::move(detected.installation);
}

}  // namespace

support::Checkup doctor(machine::Machine& machine, const Request& request) {
  support::Checkup checkup;
  const Area area(checkup, "journal");
  check_caller(request, area);
  support::Scene scene{.machine = machine};
  scene.program = request.program;
  area.look("this program's package",
            [&] { scene.package_version = payload_in(machine.host(), request.package_root); });
  area.look("the lock", [&] {
    const std::string lock = machine.files().native_path(beside_journal(machine, "lock"));
    scene.holder = journal::Lock::holder(lock);
  });
  area.look("Safe Mode", [&] { scene.safe_mode = planning::in_safe_mode(machine); });
  const std::unique_ptr<journal::Reader> reader = open_journal(scene, area);
  if (reader) area.look("the installation", [&] { read_journal(scene, *reader, request); });
  area.look("how to mend", [&] { scene.mend = mend_of(machine, scene, request); });
  support::examine(scene, checkup);
  check_surroundings(scene, request, checkup);
  return checkup;
}

}  // namespace engine::handler
