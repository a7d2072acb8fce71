#include "engine/handler/journal_commands.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "actions/machine/host_files.h"
#include "actions/machine/machine.h"
#include "engine/reports/printed.h"
#include "engine/support/explain.h"
#include "engine/support/html_report.h"
#include "engine/support/journal_export.h"
#include "engine/support/journal_grep.h"
#include "engine/support/journal_text.h"
#include "engine/support/operation_text.h"
#include "engine/support/progress.h"
#include "engine/support/rebuild.h"
#include "engine/support/verification.h"
#include "errors/failure.h"
#include "journal/path.h"
#include "json/json.h"
#include "text/visible.h"

namespace engine::handler {
namespace {

using errors::ExitCode;
using journal::Reader;

struct Options {
  JournalSource source;
  std::string journal;
  bool json = false;
  bool once = false;
  bool operation = false;
  std::optional<std::int64_t> id;
  std::string wanted;
  std::string folder;
  support::ListOptions list;
  bool brief = false;
  bool html = false;
  bool ndjson = false;  // what is exported unless another form is asked for
  std::int64_t html_last = support::HtmlOptions{}.last;
  std::string out;
};

// What is read: as text, and as JSON.
struct View {
  std::function<std::string(const Reader&, const Options&)> text;
  std::function<nlohmann::json(const Reader&, const Options&)> json;
};

View list_view() {
  return {[](const auto& reader, const auto& options) {
            return support::list_text(reader, options.list);
          },
          [](const auto& reader, const auto& options) {
            return support::list_json(reader, options.list);
          }};
}

View show_view() {
  return {[](const auto& reader, const auto& options) {
            return options.operation ? support::operation_text(reader, *options.id)
                                     : support::show_text(reader, *options.id);
          },
          [](const auto& reader, const auto& options) {
            return options.operation ? support::operation_json(reader, *options.id)
                                     : support::show_json(reader, *options.id);
          }};
}

View explain_view() {
  return {[](const auto& reader, const auto& options) {
            return support::explain_text(reader, options.id);
          },
          [](const auto& reader, const auto& options) {
            return support::explain_json(reader, options.id);
          }};
}

View grep_view() {
  return {[](const auto& reader, const auto& options) {
            return support::grep_text(reader, options.wanted);
          },
          [](const auto& reader, const auto& options) {
            return support::grep_json(reader, options.wanted);
          }};
}

void tell(const std::vector<std::string>& warnings) {
  for (const std::string& warning : warnings)
    std::cerr << "Note: " << text::visible(warning) << "\n";
}

// Reads; once more where a command has written to the journal meanwhile.
void read_beside_a_writer(const Options& options, const std::function<void(const Reader&)>& read) {
  constexpr int kAttempts = 20;
  constexpr auto kPause = std::chrono::milliseconds(10);
  for (int attempt = 1;; ++attempt, std::this_thread::sleep_for(kPause)) {
    const Reader reader = options.source.open(options.journal, Reader::Use::kOnce);
    const auto failure = errors::failure_in([&] { read(reader); });
    if (attempt < kAttempts && reader.is_overtaken()) continue;
    if (failure) throw errors::Failure(*failure);
    return;
  }
}

ExitCode read(const Options& options, const View& view) {
  std::string text;
  std::vector<std::string> warnings;
  read_beside_a_writer(options, [&](const Reader& reader) {
    text = options.json ? reports::printed(view.json(reader, options)) : view.text(reader, options);
    warnings = reader.warnings();
  });
  if (!options.json) tell(warnings);
  std::cout << text::visible(text);
  return ExitCode::kSuccess;
}

std::string path_of(const Options& options) {
  return options.journal.empty() ? options.source.path() : options.journal;
}

void write_export(const Reader& reader, const Options& options, std::ostream& out) {
  if (options.html) {
    support::write_html(reader, {.last = options.html_last, .warnings = reader.warnings()}, out);
  } else {
    const auto detail = options.brief ? support::ExportDetail::kBrief : support::ExportDetail::kAll;
    support::export_ndjson(reader, detail, out);
  }
}

ExitCode export_journal(const Options& options) {
  const Reader reader = options.source.open(options.journal, Reader::Use::kWhole);
  tell(reader.warnings());
  if (options.out.empty()) {
    write_export(reader, options, std::cout);
    return ExitCode::kSuccess;
  }
  std::ofstream file(journal::to_path(options.out), std::ios::binary);
  if (file) write_export(reader, options, file);
  file.close();
  if (file) return ExitCode::kSuccess;
  throw errors::Failure(ExitCode::kGeneric, options.out, "write the export into " + options.out)
      .advise("Look whether the folder exists, may be written, and has room.");
}

// Log and status lie beside a copy, and never beside the journal of a VM.
ExitCode verify(const Options& options) {
  const std::string path = path_of(options);
  std::string reports = options.folder;
  if (reports.empty() && !options.journal.empty())
    reports = journal::to_utf8(std::filesystem::absolute(journal::to_path(path)).parent_path());
  const Reader reader = options.source.open(options.journal, Reader::Use::kWhole);
  const auto host = machine::open_host_files();
  const auto checks = support::verify(reader, path, *host, reports);
  if (options.json) {
    std::cout << text::visible(reports::printed(support::verification_json(checks)));
  } else {
    tell(reader.warnings());
    std::cout << text::visible(support::verification_text(checks));
  }
  return support::is_sound(checks) ? ExitCode::kSuccess : ExitCode::kJournalUnusable;
}

ExitCode rebuild(const Options& options) {
  const Reader reader = options.source.open(options.journal, Reader::Use::kWhole);
  const auto host = machine::open_host_files();
  const auto names = support::rebuild(reader, *host, options.folder);
  tell(reader.warnings());
  for (const std::string& name : names)
    std::cout << text::visible(options.folder + "/" + name) << "\n";
  return ExitCode::kSuccess;
}

// How the newest transaction stands.
struct Seen {
  std::optional<support::RunProgress> progress;  // nullopt: no command has run
  bool left = false;                             // it has not ended, and no process is at work

  bool runs() const { return progress && progress->running && !left; }
  std::int64_t id() const { return progress ? progress->transaction.id : 0; }
};

std::string text_of(const Seen& seen, bool json) {
  if (!seen.progress) return "No command has run.";
  const support::RunProgress& progress = *seen.progress;
  if (json) {
    nlohmann::json line = support::progress_json(progress);
    line["left_by_its_process"] = seen.left;
    return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  const journal::Transaction& transaction = progress.transaction;
  const std::string name = transaction.command + " " + transaction.payload_version +
                           " (transaction " + std::to_string(transaction.id) + "): ";
  if (seen.left)
    return name + "its process is gone, at " + support::progress_phrase(progress) +
           ". The next command, or `recover`, finishes or undoes it.";
  if (progress.running) return name + support::progress_phrase(progress);
  return name + std::string(journal::outcome(transaction)) + ", code " +
         std::to_string(transaction.code);
}

Seen look(const Options& options) {
  const bool on_vm = options.journal.empty();
  if (on_vm && !options.source.is_there()) return {};
  std::optional<Seen> seen;
  read_beside_a_writer(options, [&](const Reader& reader) {
    std::optional<std::int64_t> now;
    if (on_vm) now = options.source.now();
    seen = Seen{support::progress_of(reader, now), false};
  });
  // A copy has no process. On the VM the lock is looked at behind the journal: a command that has
  // just ended has written its end before it let the lock go.
  if (seen->runs() && (!on_vm || !options.source.is_locked())) seen->left = true;
  return *seen;
}

volatile std::sig_atomic_t interrupted = 0;

// Follows the command that runs until it ends; where none runs, the next one. Says what changes,
// and every ten seconds how long it has taken. Ctrl-C ends it in order: a reader may have a private
// copy of the journal.
ExitCode watch(const Options& options) {
  constexpr auto kPause = std::chrono::milliseconds(500);
  constexpr int kPausesOfALine = 20;
  std::signal(SIGINT, [](int) { interrupted = 1; });
  bool followed = false;
  std::optional<std::int64_t> newest;  // at the beginning, when none ran
  std::string told;
  for (int pauses = 0; interrupted == 0; ++pauses, std::this_thread::sleep_for(kPause)) {
    const Seen seen = look(options);
    const bool is_new = followed || (newest && seen.id() != *newest);
    const bool is_over = seen.left || (!seen.runs() && is_new);
    const std::string step = seen.progress ? seen.progress->doing : "";
    const bool is_due = seen.runs() && (step != told || pauses % kPausesOfALine == 0);
    if (options.once || is_due || is_over)
      std::cout << text::visible(text_of(seen, options.json)) << "\n" << std::flush;
    if (options.once || is_over) return ExitCode::kSuccess;
    told = step;
    followed = followed || seen.runs();
    if (seen.runs() || newest) continue;
    newest = seen.id();
    std::cerr << "No command runs now; waiting for the next one.\n";
  }
  return ExitCode::kSuccess;
}

// Adds the subcommands to `journal`.
class Builder {
 public:
  Builder(CLI::App& journal, std::shared_ptr<Options> options, std::function<ExitCode()>& chosen)
      : journal_(journal), options_(std::move(options)), chosen_(chosen) {}

  CLI::App* add(const char* name, const char* help, ExitCode (*work)(const Options&)) {
    auto* command = journal_.add_subcommand(name, help);
    command->callback([this_options = options_, &chosen = chosen_, work] {
      chosen = [this_options, work] { return work(*this_options); };
    });
    return command;
  }
  CLI::App* add_with_json(const char* name, const char* help, ExitCode (*work)(const Options&)) {
    auto* command = add(name, help, work);
    command->add_flag("--json", options_->json, "print as JSON");
    return command;
  }

 private:
  CLI::App& journal_;
  std::shared_ptr<Options> options_;
  std::function<ExitCode()>& chosen_;
};

void add_questions(Builder& builder, Options& options) {
  auto* list = builder.add_with_json("list", "one line a transaction",
                                     [](const Options& asked) { return read(asked, list_view()); });
  list->add_option("--last", options.list.last, "the newest so many; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  list->add_option("--since", options.list.since, "begun at this time (UTC) or later: 2026-11-22");
  list->add_flag("--failed", options.list.failed, "but for what went well");
  auto* show = builder.add_with_json("show", "one transaction with its steps, cause and what to do",
                                     [](const Options& asked) { return read(asked, show_view()); });
  show->add_option("id", options.id, "its ID in the list")->required();
  show->add_flag("--operation", options.operation,
                 "the ID is an operation's: an update with all its commands");
  builder
      .add_with_json("explain", "one failure on one screen: what, why, what was undone, what to do",
                     [](const Options& asked) { return read(asked, explain_view()); })
      ->add_option("id", options.id,
                   "a transaction's ID in the list; without one, the last failure");
  builder
      .add_with_json("grep", "every place that has a text in it, whatever its case",
                     [](const Options& asked) { return read(asked, grep_view()); })
      ->add_option("text", options.wanted, "a path, a service, a code, a word")
      ->required();
}

void add_export(Builder& builder, Options& options) {
  auto* command = builder.add(
      "export", "all of it as JSON, one object a line; or as a page for a browser", export_journal);
  auto* html = command->add_flag(
      "--html", options.html, "one page with a time line: journal export --html --out page.html");
  command
      ->add_flag("--ndjson", options.ndjson,
                 "everything that the journal holds, one JSON object a line: the default")
      ->excludes(html);
  command
      ->add_flag("--brief", options.brief, "without steps and events: for the journals of many VMs")
      ->excludes(html);
  command->add_option("--last", options.html_last, "of a page: the newest so many transactions")
      ->needs(html)
      ->check(CLI::Range(std::int64_t{1}, support::kMostInHtml))
      ->capture_default_str();
  command->add_option("--out", options.out,
                      "the file to write, in place of the standard output, which PowerShell would "
                      "recode on its way into a file");
}

void add_work(Builder& builder, Options& options) {
  add_export(builder, options);
  builder
      .add_with_json("verify", "whether the journal is sound, and log and status are what it gives",
                     verify)
      ->add_option("--reports", options.folder,
                   "the folder of ebpf_handler.log and N.status; default: the copy's");
  builder.add("rebuild", "make log and status anew from the journal", rebuild)
      ->add_option("--out", options.folder, "the folder for them")
      ->required();
  builder
      .add_with_json("watch", "follow the command that runs, or the next one, until it ends", watch)
      ->add_flag("--once", options.once, "how far it is now, and no more");
}

}  // namespace

void add_journal_commands(CLI::App& app, JournalSource source, std::function<ExitCode()>& chosen) {
  const auto options = std::make_shared<Options>();
  options->source = std::move(source);
  auto* journal = app.add_subcommand("journal", "read the journal; changes nothing");
  journal->require_subcommand(1);
  journal->fallthrough();  // --journal may also follow its subcommand
  journal->add_option("--journal", options->journal,
                      "a journal file, also one copied from another machine");
  Builder builder(*journal, options, chosen);
  add_questions(builder, *options);
  add_work(builder, *options);
}

}  // namespace engine::handler
