#include "engine/reports/extra_rows.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "actions/machine/paths.h"
#include "actions/machine/tasks.h"
#include "engine/product/extras.h"

namespace engine::reports {
namespace {

using Json = nlohmann::json;

struct Verdict {
  std::string text;
  bool well = true;
  std::int64_t code = 0;  // the system's, else the failure's exit code
};

constexpr std::int64_t kNotFound = 2;     // ERROR_FILE_NOT_FOUND
constexpr std::int64_t kDisabled = 1058;  // ERROR_SERVICE_DISABLED

Verdict failed(const errors::Failure& failure) {
  return {failure.message(), false,
          failure.system() ? std::int64_t{failure.system()->code}
                           : static_cast<std::int64_t>(failure.code())};
}

Verdict look_at_task(machine::Machine& machine, const std::string& name) {
  const auto task = machine.tasks().get(name);
  if (!task) return {name + " is missing", false, kNotFound};
  if (!task->enabled) return {name + " is disabled", false, kDisabled};
  return {name + " is registered"};
}

Verdict look(machine::Machine& machine, const product::ExtraAt& at) {
  const std::string_view row = at.extra->row;
  if (row == "TracingTasks") return look_at_task(machine, at.object);
  const bool there = product::is_there(machine, at);
  if (row == "Path" && !there) return {at.object + " is not in PATH", false, kNotFound};
  if (row == "Path") return {at.object + " is in PATH"};
  if (!there) return {at.object + " is missing", false, kNotFound};
  return {row == "EbpfStore" ? "written by " + at.object : at.object + " is registered"};
}

Verdict look(machine::Machine& machine, const product::ExtraAt& at,
             const std::vector<transaction::GivenUp>& given_up) {
  const auto step =
      std::find_if(given_up.begin(), given_up.end(), [&at](const transaction::GivenUp& row) {
        return machine::equal_paths(row.target, at.object);
      });
  if (step != given_up.end()) return failed(step->failure);
  try {
    return look(machine, at);
  } catch (const errors::Failure& failure) {
    return failed(failure);
  }
}

}  // namespace

std::vector<Json> extra_rows(machine::Machine& machine,
                             const product::InstallationState& installation,
                             const std::vector<transaction::GivenUp>& given_up) {
  std::vector<Json> rows;
  for (const product::ExtraAt& at : product::extras_of(installation)) {
    const Verdict verdict = look(machine, at, given_up);
    Json row = {{"name", at.extra->row},
                {"status", verdict.well ? "success" : "warning"},
                {"code", verdict.code},
                {"message", verdict.text}};
    if (!rows.empty() && rows.back().at("name") == at.extra->row) {  // the other task
      Json& first = rows.back();
      row["message"] = first.at("message").get<std::string>() + ". " + verdict.text;
      if (first.at("status") != "success") {
        row["status"] = first.at("status");
        row["code"] = first.at("code");
      }
      first = row;
    } else {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace engine::reports
