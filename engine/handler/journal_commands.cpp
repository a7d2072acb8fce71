#include "engine/handler/journal_commands.h"

#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "engine/reports/printed.h"
#include "engine/support/explain.h"
#include "engine/support/journal_export.h"
#include "engine/support/journal_text.h"
#include "json/json.h"

namespace engine::handler {
namespace {

struct Options {
  OpenReader open;
  std::string journal;
  bool json = false;
  std::optional<std::int64_t> transaction;
  support::ListOptions list;
};

// What is read: as text, and as JSON.
struct View {
  std::function<std::string(const journal::Reader&, const Options&)> text;
  std::function<nlohmann::json(const journal::Reader&, const Options&)> json;
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
            return support::show_text(reader, *options.transaction);
          },
          [](const auto& reader, const auto& options) {
            return support::show_json(reader, *options.transaction);
          }};
}

View explain_view() {
  return {[](const auto& reader, const auto& options) {
            return support::explain_text(reader, options.transaction);
          },
          [](const auto& reader, const auto& options) {
            return support::explain_json(reader, options.transaction);
          }};
}

void tell_warnings(const journal::Reader& reader) {
  for (const std::string& warning : reader.warnings())
    std::cerr << "Note: " << warning << "\n";
}

errors::ExitCode read(const Options& options, const View& view) {
  const journal::Reader reader = options.open(options.journal);
  if (options.json) {
    std::cout << reports::printed(view.json(reader, options));
  } else {
    tell_warnings(reader);
    std::cout << view.text(reader, options);
  }
  return errors::ExitCode::kSuccess;
}

}  // namespace

void add_journal_commands(CLI::App& app, OpenReader open,
                          std::function<errors::ExitCode()>& chosen) {
  const auto options = std::make_shared<Options>();
  options->open = std::move(open);
  auto* journal = app.add_subcommand("journal", "read the journal; changes nothing");
  journal->require_subcommand(1);
  journal->fallthrough();  // --journal may also follow its subcommand
  journal->add_option("--journal", options->journal,
                      "a journal file, also one copied from another machine");
  const auto add = [&](const char* name, const char* help, const View& view) {
    auto* command = journal->add_subcommand(name, help);
    command->add_flag("--json", options->json, "print as JSON");
    command->callback(
        [&chosen, options, view] { chosen = [options, view] { return read(*options, view); }; });
    return command;
  };
  auto* list = add("list", "one line a transaction", list_view());
  list->add_option("--last", options->list.last, "the newest so many; 0: all")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  list->add_option("--since", options->list.since, "begun at this time (UTC) or later: 2026-11-22");
  list->add_flag("--failed", options->list.failed, "but for what went well");
  add("show", "one transaction with its steps, cause and what to do", show_view())
      ->add_option("id", options->transaction, "its ID in the list")
      ->required();
  add("explain", "one failure on one screen: what, why, what was undone, what to do",
      explain_view())
      ->add_option("id", options->transaction,
                   "a transaction's ID in the list; without one, the last failure");
  auto* exported = journal->add_subcommand(
      "export", "everything that the journal holds, as JSON, one object a line");
  exported->callback([&chosen, options] {
    chosen = [options] {
      const journal::Reader reader = options->open(options->journal);
      tell_warnings(reader);
      support::export_ndjson(reader, std::cout);
      return errors::ExitCode::kSuccess;
    };
  });
}

}  // namespace engine::handler
