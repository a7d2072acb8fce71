#include "tests/world/journal_state.h"

#include "errors/failure.h"
#include "journal/reader.h"
#include "tests/lab/lab.h"
#include "tests/lab/temporary_folder.h"

namespace world {

namespace fs = std::filesystem;

std::string journal_state(const fs::path& journal) {
  if (!fs::exists(journal)) return "none";
  try {
    const journal::Reader reader(journal.string());
    const auto newest = reader.newest_transaction();
    if (!newest) return "none";
    const auto operation = reader.find_operation(newest->operation_id);
    const std::string of_operation(
        operation && operation->state ? journal::to_text(*operation->state) : "unknown");
    return of_operation + "/" +
           std::string(newest->state ? journal::to_text(*newest->state) : "unknown");
  } catch (const errors::Failure&) {
    return "unreadable";
  }
}

const std::string& JournalStates::of(const lab::Photograph& photograph) {
  std::map<std::string, lab::Bytes> now;
  for (const std::string suffix : {"", "-wal"}) {
    const auto file = photograph.files.find(journal_.string() + suffix);
    if (file != photograph.files.end()) now[suffix] = file->second.content;
  }
  if (now == last_) return state_;
  last_ = now;
  const lab::TemporaryFolder folder;
  const fs::path copy = folder.path() / "journal.db";
  for (const auto& [suffix, content] : now)
    lab::write_file(copy.string() + suffix, *content);
  state_ = journal_state(copy);
  return state_;
}

}  // namespace world
