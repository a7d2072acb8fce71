#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "errors/failure.h"

namespace engine::support {

// Whose numbers a code belongs to: the same number means different things.
enum class CodeOf { kWindows, kTaskScheduler, kSqlite };

// Where a person looks for more, by commands on the VM.
enum class LookAt {
  kService,
  kSignature,
  kCodeIntegrity,
  kAccess,
  kProtection,  // what Microsoft Defender has found
  kHolders,     // who has the file loaded, or open
  kDisk,
  kSystemLog,
  kTaskScheduler,
  kRestart,
  kJournalFolder,
};

// A code that drivers, services, files, tasks and the journal give, and what it usually means here.
struct SystemCode {
  CodeOf of;
  std::uint32_t code;
  std::string_view name;     // as its header has it
  std::string_view meaning;  // a sentence, by what was met with drivers and services of this kind
  LookAt look_at;
  std::string_view source;  // where the code itself is defined
};

std::span<const SystemCode> system_codes();

// Returns nullptr for a code that the table does not have. An HRESULT of a Windows code (0x8007….)
// is that code.
const SystemCode* system_code(const errors::SystemError& error);

// Whether an object's name may be put between quotes in a command: anybody may have made it.
bool is_plain(const std::string& object);

// The commands, one a line, for a command prompt or PowerShell; `object`: a service, or a path.
std::string commands_to_look(LookAt look_at, const std::string& object);
// What those commands do not show, a sentence behind a blank; "" for nothing.
std::string what_it_shows(LookAt look_at);

}  // namespace engine::support
