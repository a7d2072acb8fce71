#include "tests/faults/found.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <vector>

#include "actions/machine/simulated/disk/effects.h"
#include "actions/machine/simulated/vm_home.h"
#include "journal/sqlite.h"

namespace faults {
namespace {

namespace fs = std::filesystem;
using machine::simulated::Access;
using machine::simulated::disk::Effect;
using machine::simulated::disk::Place;

void replace_all(std::string& text, const std::string& what, const std::string& by) {
  if (what.empty()) return;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.replace(at, what.size(), by), at += by.size();
}

bool is_journal(const std::string& path) {
  const std::string name = path.substr(path.find_last_of("\\/") + 1);
  return name.starts_with("journal.db");
}

std::string rows(const fs::path& journal) {
  if (!fs::exists(journal)) return "no journal\n";
  const lab::TemporaryFolder copy;
  for (const auto& entry : fs::directory_iterator(journal.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (is_journal(name) && !name.ends_with("-shm"))
      fs::copy_file(entry.path(), copy.path() / name);
  }
  const SQLite::Database database((copy.path() / "journal.db").string(),
                                  SQLite::OPEN_READWRITE);  // with what its WAL has
  journal::trust_schema(database);
  std::ostringstream text;
  SQLite::Statement tables(database,
                           "SELECT name, sql FROM sqlite_schema WHERE type = 'table' ORDER BY 1");
  while (tables.executeStep()) {
    text << "table " << tables.getColumn(0).getString() << "\n";
    SQLite::Statement all(
        database, "SELECT * FROM \"" + tables.getColumn(0).getString() + "\" ORDER BY 1, 2");
    while (all.executeStep()) {
      for (int i = 0; i < all.getColumnCount(); ++i) {
        const std::string name = all.getColumn(i).getName();
        if (name.ends_with("sum")) continue;  // of texts with ids, which are renamed here
        text << name << "=" << all.getColumn(i).getString() << "|";
      }
      text << "\n";
    }
  }
  return text.str();
}

std::string effects(const std::vector<Effect>& all) {
  std::ostringstream text;
  for (const Effect& effect : all) {
    text << "effect " << static_cast<int>(effect.kind) << " " << effect.path << " " << effect.to
         << " id " << effect.id << " was_readonly " << effect.was_readonly;
    for (const std::string& folder : effect.in)
      text << " in " << folder;
    text << "\n";
  }
  return text.str();
}

// Those that the images hold, also of files that are gone: as a folder gives them, or memory.
void add_ids(const std::string& journal, std::vector<std::string>& ids) {
  static const std::regex kId("\"(f[0-9]+|[0-9a-f]{32})\"");
  for (std::sregex_iterator id(journal.begin(), journal.end(), kId), end; id != end; ++id) {
    if (std::find(ids.begin(), ids.end(), (*id)[1]) == ids.end()) ids.push_back((*id)[1]);
  }
}

// Of a copy for support its name: it tells the journal, which is compared itself, in other words,
// and with parts of the ids of files.
std::string content(const fs::path& file) {
  const bool is_copy = file.filename().string().starts_with("ebpf_handler_support_");
  return is_copy ? "a copy for support" : lab::read_file(file);
}

std::string vm_agent_files(const lab::Package& package) {
  std::map<std::string, std::string> files;
  for (const fs::path& folder : package.written_folders()) {
    for (const auto& entry : fs::recursive_directory_iterator(folder))
      files[entry.path().string()] = entry.is_directory() ? "/" : content(entry.path());
  }
  std::string text;
  for (const auto& [path, content] : files)
    text += "file " + path + "\n" + content + "\n";
  return text;
}

}  // namespace

std::string found(const lab::Vm& vm, const lab::Package& package, std::int64_t process_id) {
  const auto home = vm.home();
  std::ostringstream text;
  std::vector<std::string> ids;
  {
    Access access(*home);
    nlohmann::json state = machine::simulated::to_json(access.state());
    state.erase("drive_identity");
    text << state.dump(1) << "\n";
  }
  std::map<std::string, Place> places;
  home->drive().walk([&places](const Place& place) { places[place.windows] = place; });
  const machine::simulated::disk::Tree& tree = home->drive().tree();
  for (const auto& [path, place] : places) {
    if (is_journal(path)) continue;
    text << path << (place.is_readonly() ? " readonly" : "");
    if (path.ends_with("\\lock")) {
      std::string holder = tree.read(place.host);
      replace_all(holder, std::to_string(process_id) + " ", "PID ");
      text << " " << holder << "\n";
      continue;
    }
    if (path.ends_with("before.json")) {
      text << " " << tree.read(place.host);  // which names file ids
    } else if (place.is_file()) {
      text << " " << tree.sha256(place.host);
    }
    if (!path.ends_with("\\reserve")) {
      ids.push_back(home->drive().file_id(place));
      text << " id " << ids.back();
    }
    text << "\n";
  }
  text << effects(vm.effects());
  const std::vector<std::string> graves = vm.graves();
  text << graves.size() << " files in the graveyard\n";
  for (const Effect& effect : vm.effects()) {
    ids.insert(ids.end(), effect.in.begin(), effect.in.end());
    ids.push_back(effect.id);
    if (effect.kind == Effect::Kind::kRemove &&
        std::find(graves.begin(), graves.end(), effect.id) != graves.end())
      text << "in the graveyard: " << effect.id << "\n";
  }
  const std::string journal = rows(vm.journal_path());
  add_ids(journal, ids);
  text << journal << vm_agent_files(package);
  std::string all = text.str();
  for (std::size_t i = 0; i < ids.size(); ++i)
    replace_all(all, "\"" + ids[i] + "\"", "\"ID" + std::to_string(i) + "\"");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    replace_all(all, " " + ids[i] + " ", " ID" + std::to_string(i) + " ");
    replace_all(all, " " + ids[i] + "\n", " ID" + std::to_string(i) + "\n");
    replace_all(all, "=" + ids[i] + "|", "=ID" + std::to_string(i) + "|");
  }
  for (const std::string key : {"EventPid", "EventTid"})
    replace_all(all, "\"" + key + "\":\"" + std::to_string(process_id) + "\"",
                "\"" + key + "\":\"PID\"");
  replace_all(all, "process_id=" + std::to_string(process_id) + "|", "process_id=PID|");
  replace_all(all, vm.folder().string(), "VM");
  return all;
}

}  // namespace faults
