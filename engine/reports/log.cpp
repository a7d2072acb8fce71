#include "engine/reports/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>

#include "errors/failure.h"
#include "journal/path.h"

namespace engine::reports {
namespace {

constexpr std::size_t kMaxFileBytes = 5 * 1024 * 1024;
constexpr std::size_t kOldFiles = 3;
constexpr std::string_view kName = "ebpf_handler";

std::string log_path(const std::string& folder) {
  return folder + "/" + std::string(kName) + ".log";
}

// Time and id of the last event that a log file holds.
struct LastLine {
  std::string at;
  std::int64_t id = 0;
};

std::optional<LastLine> last_line(const std::filesystem::path& path) {
  constexpr std::streamoff kTail = 64 * 1024;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return std::nullopt;
  const std::streamoff size = file.tellg();
  file.seekg(std::max<std::streamoff>(0, size - kTail));
  std::optional<LastLine> last;
  for (std::string line; std::getline(file, line);) {
    const std::size_t mark = line.find(" #");
    const std::size_t time_end = line.find(' ');
    if (mark == std::string::npos || time_end == std::string::npos) continue;
    LastLine found;
    found.at = line.substr(0, time_end);
    const char* digits = line.data() + mark + 2;
    const auto [end, error] = std::from_chars(digits, line.data() + line.size(), found.id);
    if (error == std::errc() && *end == ' ') last = found;
  }
  return last;
}

std::string_view level_column(journal::Level level) {
  switch (level) {
    case journal::Level::kInfo:
      return "INFO ";
    case journal::Level::kWarning:
      return "WARN ";
    case journal::Level::kError:
      return "ERROR";
  }
  return "INFO ";
}

void append(machine::HostFiles& host, const std::string& folder,
            const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  const auto info = host.stat(log_path(folder));
  if (info && info->kind == machine::FileKind::kLink) {
    throw errors::Failure(errors::ExitCode::kUnsafeFolder, log_path(folder),
                          "write " + log_path(folder) + ": it is a link, and may lead elsewhere");
  }
  try {
    const auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_st>(
        journal::to_path(log_path(folder)).native(), kMaxFileBytes, kOldFiles);
    spdlog::logger logger(std::string(kName), sink);
    logger.set_pattern("%v");
    logger.set_error_handler([](const std::string& what) { throw spdlog::spdlog_ex(what); });
    for (const std::string& line : lines)
      logger.info("{}", line);
    logger.flush();
  } catch (const spdlog::spdlog_ex& exception) {
    throw errors::Failure(errors::ExitCode::kBadEnvironment, log_path(folder),
                          "write " + log_path(folder) + ": " + exception.what());
  }
}

}  // namespace

std::string log_line(const journal::Event& event) {
  std::string text = event.text;
  for (char& letter : text) {
    if (letter == '\n' || letter == '\r') letter = ' ';
  }
  return event.at + " " + std::string(level_column(event.level)) + " #" + std::to_string(event.id) +
         " t" + std::to_string(event.transaction_id) + " " + text;
}

Logged project_log(machine::HostFiles& host, const journal::Records& journal,
                   const std::string& log_folder) {
  std::optional<LastLine> last = last_line(journal::to_path(log_path(log_folder)));
  if (!last) last = last_line(journal::to_path(log_folder + "/" + std::string(kName) + ".1.log"));
  std::vector<journal::Event> events = journal.events_after(last ? last->id - 1 : 0);
  const bool same_journal =
      last && !events.empty() && events.front().id == last->id && events.front().at == last->at;
  if (last && !same_journal)
    events = journal.events_after(0);  // another journal: its events are newer by time
  std::vector<std::string> lines;
  Logged written{{}, same_journal};
  for (const journal::Event& event : events) {
    const bool logged = last && (same_journal ? event.id <= last->id : event.at <= last->at);
    if (logged) continue;
    lines.push_back(log_line(event));
    if (event.transaction_id != 0) written.transactions[event.transaction_id] = event.at;
  }
  append(host, log_folder, lines);
  return written;
}

void log_without_journal(machine::HostFiles& host, const std::string& log_folder,
                         const std::string& at, const std::string& text) {
  append(host, log_folder, {at + " ERROR no journal: " + text});
}

}  // namespace engine::reports
