#include "engine/support/projection_check.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/reports/log.h"
#include "engine/support/rebuild.h"
#include "journal/path.h"

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

// "… #41 t7 …"
std::optional<std::int64_t> event_of(const std::string& line) {
  const std::size_t mark = line.find(" #");
  if (mark == std::string::npos) return std::nullopt;
  std::int64_t id = 0;
  const char* digits = line.data() + mark + 2;
  const auto [end, error] = std::from_chars(digits, line.data() + line.size(), id);
  if (error != std::errc() || *end != ' ') return std::nullopt;
  return id;
}

class LogCheck {
 public:
  explicit LogCheck(const journal::Records& records) : records_(records) {
    const std::vector<journal::Event> oldest = records.events_after(0, 1);
    if (!oldest.empty()) oldest_ = oldest.front();
  }

  void look_at(const std::string& line) {
    const auto id = event_of(line);
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
    for (std::string line; std::getline(file, line);)
      check.look_at(line);
  }
  return check.result();
}

Check check_status(const journal::Records& records, machine::HostFiles& host,
                   const std::string& folder) {
  const std::vector<std::string> names = names_in(host, folder, "", ".status");
  if (names.empty()) return not_checked("status", folder, "N.status");
  Check check{"status", Result::kSound, std::to_string(names.size()) + " files", {}};
  const std::vector<StatusFile> expected = status_files(records);
  for (const std::string& name : names) {
    const auto known =
        std::find_if(expected.begin(), expected.end(), [&name](const StatusFile& status) {
          return std::to_string(status.sequence) + ".status" == name;
        });
    if (known != expected.end() && known->ended_otherwise) continue;
    if (known == expected.end()) {
      check.find(name + " is of no command that the journal holds");
    } else if (host.read(folder + "/" + name, kMostOfStatus) != known->text) {
      check.find(name + " is not what the journal gives: `journal rebuild` makes that");
    }
  }
  return check;
}

}  // namespace engine::support
