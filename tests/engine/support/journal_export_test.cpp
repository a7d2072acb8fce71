// `journal export`: everything that a journal holds, for programs that read many.
#include "engine/support/journal_export.h"

#include <sstream>

#include "engine/commands/commands.h"
#include "engine/support/journal_text.h"
#include "journal/reader.h"
#include "tests/engine/bench.h"
#include "tests/engine/planning/update_bench.h"

namespace engine {
namespace {

using Json = nlohmann::json;

std::vector<Json> lines_of(const lab::Vm& vm) {
  const journal::Reader reader(vm.journal_path().string());
  std::stringstream text;
  support::export_ndjson(reader, support::ExportDetail::kAll, text);
  std::vector<Json> lines;
  for (std::string line; std::getline(text, line);)
    lines.push_back(Json::parse(line));
  return lines;
}

std::vector<Json> records(const std::vector<Json>& lines, const std::string& record) {
  std::vector<Json> found;
  for (const Json& line : lines) {
    if (line.at("record") == record) found.push_back(line);
  }
  return found;
}

class JournalExport : public Update {};

TEST_F(JournalExport, Has_each_row_once_in_order_as_show_has_it) {
  vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
  up_to(commands::Command::kEnable);
  fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh_);
  const std::vector<Json> lines = lines_of(vm_);
  const journal::Reader reader(vm_.journal_path().string());

  EXPECT_EQ(lines.front().at("record"), "journal");
  EXPECT_EQ(lines.front().at("export"), support::kExportVersion);
  EXPECT_EQ(lines.front().at("settled_version"), "1.0.0");
  EXPECT_EQ(lines.front().at("inconsistent"), false);
  EXPECT_EQ(records(lines, "journal").size(), 1U);

  const std::vector<Json> transactions = records(lines, "transaction");
  const std::vector<journal::Transaction> rows = reader.transactions();
  ASSERT_EQ(transactions.size(), rows.size());
  std::size_t steps = 0;
  std::size_t events = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Json shown = support::show_json(reader, rows[i].id);
    steps += shown.at("steps").size();
    events += shown.at("events").size();
    for (const char* key : {"steps", "events", "warnings"})
      shown.erase(key);
    Json exported = transactions[i];
    for (const char* key :
         {"record", "ebpf_down_ms", "ebpf_down_since", "proxy_down_ms", "proxy_down_since"})
      exported.erase(key);
    EXPECT_EQ(exported, shown);
  }
  EXPECT_EQ(records(lines, "step").size(), steps);
  EXPECT_EQ(records(lines, "event").size(), events + reader.events(0).size());

  const std::vector<Json> operations = records(lines, "operation");
  EXPECT_EQ(operations.back().at("kind"), "update");
  EXPECT_EQ(operations.back().at("state"), "undone");
  EXPECT_EQ(operations.back().at("failed_command"), "enable");
}

}  // namespace
}  // namespace engine
