#include "engine/reports/log.h"

#include <spdlog/pattern_formatter.h>
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
    const auto id = event_of_line(line);
    if (id) last = LastLine{line.substr(0, line.find(' ')), *id};
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
    logger.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::local, "\n"));
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

std::optional<std::int64_t> event_of_line(std::string_view line) {
  const std::size_t mark = line.find(" #");
  if (mark == std::string_view::npos) return std::nullopt;
  std::int64_t id = 0;
  const char* digits = line.data() + mark + 2;
  const char* const end_of_line = line.data() + line.size();
  const auto [end, error] = std::from_chars(digits, end_of_line, id);
  if (error != std::errc() || end == end_of_line || *end != ' ') return std::nullopt;
  return id;
}

Unlogged unlogged(const journal::Records& journal, const std::string& log_folder) {
  std::optional<LastLine> last = last_line(journal::to_path(log_path(log_folder)));
  if (!last) last = last_line(journal::to_path(log_folder + "/" + std::string(kName) + ".1.log"));
  Unlogged found;
  found.events = journal.events_after(last ? last->id - 1 : 0);
  found.goes_on = last && !found.events.empty() && found.events.front().id == last->id &&
                  found.events.front().at == last->at;
  if (last && !found.goes_on)
    found.events = journal.events_after(0);  // another journal: its events are newer by time
  std::erase_if(found.events, [&](const journal::Event& event) {
    return last && (found.goes_on ? event.id <= last->id : event.at <= last->at);
  });
  return found;
}

void append_log(machine::HostFiles& host, const Unlogged& unlogged, const std::string& log_folder) {
  std::vector<std::string> lines;
  for (const journal::Event& event : unlogged.events)
    lines.push_back(log_line(event));
  append(host, log_folder, lines);
}

void log_without_journal(machine::HostFiles& host, const std::string& log_folder,
                         const std::string& at, const std::string& text) {
  append(host, log_folder, {at + " ERROR no journal: " + text});
}

}  // namespace engine::reports
