#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "errors/exit_code.h"
#include "journal/reader.h"

namespace engine::handler {

// Opens the named journal file; "": the journal of this machine.
using OpenReader = std::function<journal::Reader(const std::string&)>;

// Adds `journal` with its subcommands list, show, explain, export, which read the journal and
// change nothing. When one of them has been parsed, `chosen` does it: it prints to standard output,
// notes to standard error, and throws Failure.
void add_journal_commands(CLI::App& app, OpenReader open,
                          std::function<errors::ExitCode()>& chosen);

}  // namespace engine::handler
