#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "errors/exit_code.h"
#include "journal/reader.h"

namespace engine::handler {

// Where journals are read from.
struct JournalSource {
  // Opens the named journal file; "": the journal of this machine.
  std::function<journal::Reader(const std::string&, journal::Reader::Use)> open;
  std::function<std::string()> path;  // of this machine's journal; native
  std::function<bool()> is_there;     // this machine's journal
  std::function<bool()> is_locked;    // a command of this machine is at work
  std::function<std::int64_t()> now;  // of this machine; UTC, milliseconds
};

// Adds `journal` with its subcommands, which read the journal and change nothing but the files that
// they are told to make. When one of them has been parsed, `chosen` does it: it prints to standard
// output, notes to standard error, and throws Failure.
void add_journal_commands(CLI::App& app, JournalSource source,
                          std::function<errors::ExitCode()>& chosen);

}  // namespace engine::handler
