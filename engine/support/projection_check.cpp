#include "engine/support/projection_check.h"

#include <cstdint>
#include <fstream>
#include <map>
#include <string_view>
#include <vector>

#include "engine/reports/log.h"
#include "engine/support/journal_facts.h"
#include "engine/support/rebuild.h"
#include "journal/path.h"
#include "json/json.h"

namespace engine::support {
namespace {

using Result = Check::Result;

constexpr std::string_view kLog = "ebpf_handler";
constexpr std::uint64_t kMostOfStatus = 1024 * 1024;

std::vector<std::string> names_in(machine::HostFiles& host, const std::string& folder,
                                  std::string_view begin, std::string_view end) {
  if (folder.empty() || !host.stat(folder)) return {};
  std::vector<std::string> names = host.list(folder);
  std::erase_if(names, [&](const std::string& name) {
    return !name.starts_with(begin) || !name.ends_with(end);
  });
  return names;
}

Check not_checked(const char* what, const std::string& folder, const std::string& files) {
  return {what,
          Result::kNotChecked,
          folder.empty() ? "--reports names the folder of " + files
                         : "there is no " + files + " in " + folder,
          {}};
}

struct WrittenStatus {
  std::string text;
  std::string at;  // the time that it names, UTC
};

// "" for a text that is no status file.
std::string time_of_status(const std::string& text) {
  const nlohmann::json json = bounded::json(text);
  if (!json.is_array() || json.empty() || !json.front().is_object()) return "";
  return text_in(json.front(), "timestampUTC");
}

class LogCheck {
 public:
  explicit LogCheck(const journal::Records& records) : records_(records) {
    const std::vector<journal::Event> oldest = records.events_after(0, 1);
    if (!oldest.empty()) oldest_ = oldest.front();
  }

  void look_at(const std::string& line) {
    const auto id = reports::event_of_line(line);
    const bool is_before = line.substr(0, oldest_.at.size()) < oldest_.at;
    if (!id || *id < oldest_.id || is_before) {
      ++untold_;
      return;
    }
    const std::vector<journal::Event> found = records_.events_after(*id - 1, 1);
    if (found.empty() || found.front().id != *id) {
      check_.find("event " + std::to_string(*id) + " is in the log, and not in the journal");
    } else if (reports::log_line(found.front()) != line) {
      check_.find("event " + std::to_string(*id) + " is another one in the log: " + line);
    } else {
      ++same_;
    }
  }

  Check result() {
    check_.told = std::to_string(same_) + " lines";
    if (untold_ > 0)
      check_.told +=
          ", and " + std::to_string(untold_) + " that this journal does not hold (any more)";
    return std::move(check_);
  }

 private:
  const journal::Records& records_;
  journal::Event oldest_;
  Check check_{"log", Result::kSound, "", {}};
  std::int64_t same_ = 0;
  std::int64_t untold_ = 0;
};

}  // namespace

Check check_log(const journal::Records& records, machine::HostFiles& host,
                const std::string& folder) {
  const std::vector<std::string> logs = names_in(host, folder, kLog, ".log");
  if (logs.empty()) return not_checked("log", folder, "ebpf_handler.log");
  LogCheck check(records);
  for (const std::string& name : logs) {
    std::ifstream file(journal::to_path(folder + "/" + name), std::ios::binary);
    for (std::string line; std::getline(file, line);) {
      if (line.ends_with('\r')) line.pop_back();  // some programs ended lines as Windows does
      check.look_at(line);
    }
  }
  return check.result();
}

Check check_status(const journal::Records& records, machine::HostFiles& host,
                   const std::string& folder) {
  std::vector<std::string> names = names_in(host, folder, "", ".status");
  if (names.empty()) return not_checked("status", folder, "N.status");
  Check check{"status", Result::kSound, "", {}};
  std::map<std::string, WrittenStatus> files;
  for (const std::string& name : names) {
    WrittenStatus file{host.read(folder + "/" + name, kMostOfStatus), ""};
    file.at = time_of_status(file.text);
    if (file.at.empty()) check.find(name + " is no status file");
    if (!file.at.empty()) files.emplace(name, std::move(file));
  }
  std::size_t same = 0;
  for (auto at = records.transaction_after(0); at; at = records.transaction_after(at->id)) {
    const auto known = status_of(records, *at);
    if (!known || known->ended_otherwise) continue;
    const auto file = files.find(std::to_string(known->sequence) + ".status");
    if (file == files.end() || file->second.at != at->ended_at) continue;
    if (file->second.text == known->text) {
      ++same;
    } else {
      check.find(file->first + " is not what the journal gives: `journal rebuild` makes that");
    }
    files.erase(file);
  }
  check.told = std::to_string(same) + " files";
  if (!files.empty())
    check.told += ", and " + std::to_string(files.size()) +
                  " by commands that this journal does not hold, or did not end";
  return check;
}

}  // namespace engine::support
