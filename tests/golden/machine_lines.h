#pragma once

#include <filesystem>

#include "tests/golden/lines.h"
#include "tests/lab/camera.h"

namespace golden {

// A photograph of a machine and the VM Agent's folders as lines, and back. Paths of the host below
// `room` are written "{room}/…".
//   "machine/services/ebpfcore/state = 4"     what machine.json holds
//   "drive /C/Windows/x.sys = f12 file text:…"   with id; contents of payloads by name (contents.h)
//   "drive: next id = 40"                      the id that the next file gets; "next home": folders
//                                              of the host that hold a journal
//   "effect 00003 = {…}"                       what a power cut may take, in order
//   "host agent/log/x.log = 644"               a file of the host: mode, and its lines
//   "host agent/log/x.log:00001 = text:…"
//   "host vm/1/reserve = 600, of the reserve: 1048576"
//   "meta …", "txn …", "step …"                the journal's rows (journal_lines.h)
// What is not kept: SQLite's -wal and -shm (all commits are rows), and which of the journal's
// writes were synced.
Lines machine_lines(const lab::Photograph& photograph, const std::filesystem::path& room);
lab::Photograph photograph_of(const Lines& lines, const std::filesystem::path& room);

// The journal's part alone, of a machine whose file lies there. Empty: there is none.
Lines rows_of(const lab::Photograph& photograph, const std::filesystem::path& room);
// That part of the lines of a machine, and the rest.
Lines rows_in(const Lines& lines);
Lines without_rows(const Lines& lines);

}  // namespace golden
