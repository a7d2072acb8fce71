#include "tests/golden/machine_lines.h"

#include <array>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "actions/machine/simulated/state.h"
#include "journal/reserve.h"
#include "tests/golden/contents.h"
#include "tests/golden/journal_lines.h"
#include "tests/lab/temporary_folder.h"

namespace golden {
namespace {

namespace fs = std::filesystem;
using lab::HostFile;
using lab::Photograph;
using machine::FileKind;
using machine::simulated::disk::Effect;
using machine::simulated::disk::EffectFile;
using machine::simulated::disk::MemoryFiles;
using machine::simulated::disk::MemoryNode;

constexpr const char* kRoom = "{room}";
constexpr const char* kDrive = "drive ";
constexpr const char* kHost = "host ";
constexpr const char* kFolder = "folder";
constexpr const char* kReserve = ", of the reserve: ";  // so many of its bytes

std::string numbered(std::size_t number) {
  std::ostringstream out;
  out << std::setw(5) << std::setfill('0') << number;
  return out.str();
}

bool is_journal(const std::string& path) { return path.ends_with("/journal.db"); }
bool is_beside_journal(const std::string& path) { return path.ends_with("/journal.db-wal"); }

bool is_reserve(const std::string& path) { return path.ends_with("/reserve"); }

// The bytes that the program makes it of: a megabyte, of which only the size matters.
const lab::Bytes& reserve() {
  static const lab::Bytes kBytes = [] {
    const lab::TemporaryFolder folder;
    const std::string path = (folder.path() / "reserve").string();
    journal::make_reserve(path);
    return std::make_shared<const std::string>(lab::read_file(path));
  }();
  return kBytes;
}

lab::Bytes first_of_reserve(std::size_t size) {
  if (size == reserve()->size()) return reserve();  // by which the camera knows that it is there
  return std::make_shared<const std::string>(reserve()->substr(0, size));
}

// A drive's node: "f12 file ro text:…", "f3 folder", "f3 folder home=1", "f4 link ../x".
std::string node_text(const MemoryNode& node) {
  const std::string id = node.id + " ";
  switch (node.kind) {
    case FileKind::kFolder:
      return id + kFolder + (node.home.empty() ? "" : " home=" + node.home);
    case FileKind::kLink:
      return id + "link " + node.target;
    default:
      return id + "file " + (node.readonly ? "ro " : "rw ") +
             text_of_content(node.content->bytes());
  }
}

void add_nodes(Lines& lines, const MemoryNode& folder, const std::string& path) {
  for (const auto& [name, child] : folder.children) {
    const std::string at = path + "/" + name;
    lines[kDrive + at] = node_text(*child);
    add_nodes(lines, *child, at);
  }
}

std::shared_ptr<MemoryNode> node_of(const std::string& text) {
  auto node = std::make_shared<MemoryNode>();
  const std::size_t space = text.find(' ');
  node->id = text.substr(0, space);
  std::string_view rest = std::string_view(text).substr(space + 1);
  if (rest.starts_with(kFolder)) {
    const std::size_t home = rest.find(" home=");
    if (home != std::string_view::npos) node->home = rest.substr(home + 6);
  } else if (rest.starts_with("link ")) {
    node->kind = FileKind::kLink;
    node->target = rest.substr(5);
  } else {
    node->kind = FileKind::kFile;
    node->readonly = rest.starts_with("file ro ");
    node->content = content_of(std::string(rest.substr(8)));
  }
  return node;
}

MemoryFiles files_of(const Lines& lines) {
  MemoryFiles files;
  files.next_id = std::stoull(lines.at("drive: next id"));
  files.next_home = std::stoull(lines.at("drive: next home"));
  // Folders stand before what is in them: '/' sorts behind a key's end.
  for (const auto& [key, value] : those_under(lines, kDrive)) {
    const std::string path = key.substr(std::string_view(kDrive).size() + 1);
    MemoryNode* at = files.root.get();
    std::istringstream names(path);
    for (std::string name; std::getline(names, name, '/');) {
      auto& child = at->children[name];
      if (child == nullptr) child = node_of(value);
      at = child.get();
    }
  }
  return files;
}

// The simulated machine writes and reads its effects as a file of the host.
void add_effects(Lines& lines, const std::vector<Effect>& effects) {
  if (effects.empty()) return;
  const lab::TemporaryFolder folder;
  const std::string path = (folder.path() / "effects").string();
  EffectFile(path).replace(effects);
  std::istringstream in(lab::read_file(path));
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);)
    lines["effect " + numbered(++number)] = line;
}

std::vector<Effect> effects_of(const Lines& lines) {
  std::string text;
  for (const auto& [key, value] : those_under(lines, "effect "))
    text += value + "\n";
  if (text.empty()) return {};
  const lab::TemporaryFolder folder;
  const fs::path path = folder.path() / "effects";
  lab::write_file(path, text);
  return EffectFile(path.string()).read();
}

void add_host_file(Lines& lines, const std::string& path, const HostFile& file) {
  std::ostringstream mode;
  mode << std::oct << file.mode;
  if (is_reserve(path) && reserve()->starts_with(*file.content)) {
    lines[kHost + path] = mode.str() + kReserve + std::to_string(file.content->size());
    return;
  }
  lines[kHost + path] = mode.str();
  if (is_journal(path)) return;
  std::string_view rest = *file.content;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const bool whole = rest[end - 1] == '\n';
    // A line without its end is written as what it is: bytes that go on.
    lines[kHost + path + ":" + numbered(number)] =
        (whole ? "" : "unended ") + encoded(rest.substr(0, whole ? end - 1 : end));
    rest.remove_prefix(end);
  }
}

void add_host_line(std::string& content, std::string_view line) {
  constexpr std::string_view kUnended = "unended ";
  const bool unended = line.starts_with(kUnended);
  content += decoded(unended ? line.substr(kUnended.size()) : line);
  if (!unended) content += '\n';
}

bool is_of_journal(const std::string& key) {
  static constexpr std::array<std::string_view, 7> kTables{
      "meta ", "operation ", "txn ", "step ", "event ", "owned ", "sequence "};
  return std::any_of(kTables.begin(), kTables.end(),
                     [&key](std::string_view table) { return key.starts_with(table); });
}

std::string relative(const std::string& path, const fs::path& room) {
  return fs::path(path).lexically_relative(room).generic_string();
}

}  // namespace

Lines rows_in(const Lines& lines) {
  Lines some;
  for (const auto& [key, value] : lines)
    if (is_of_journal(key)) some.emplace_hint(some.end(), key, value);
  return some;
}

Lines without_rows(const Lines& lines) {
  Lines some;
  for (const auto& [key, value] : lines)
    if (!is_of_journal(key)) some.emplace_hint(some.end(), key, value);
  return some;
}

Lines rows_of(const Photograph& photograph, const fs::path& room) {
  const lab::TemporaryFolder folder;
  bool there = false;
  for (const auto& [path, file] : photograph.files) {
    if (!is_journal(path) && !is_beside_journal(path)) continue;
    there = there || (is_journal(path) && file.content->starts_with("SQLite format 3"));
    lab::write_file(folder.path() / fs::path(path).filename(), *file.content);
  }
  if (!there) return {};
  return replaced(journal_lines(folder.path() / "journal.db"), room.string(), kRoom);
}

Lines machine_lines(const Photograph& photograph, const fs::path& room) {
  Lines lines;
  add_json(lines, "machine", machine::simulated::to_json(photograph.machine.state->state()));
  const MemoryFiles& files = photograph.machine.files;
  add_nodes(lines, *files.root, "");
  lines["drive: next id"] = std::to_string(files.next_id);
  lines["drive: next home"] = std::to_string(files.next_home);
  add_effects(lines, *photograph.machine.effects);
  for (const std::string& folder : photograph.folders)
    lines[kHost + relative(folder, room)] = kFolder;
  for (const auto& [path, file] : photograph.files)
    if (!is_beside_journal(path)) add_host_file(lines, relative(path, room), file);
  lines = replaced(lines, room.string(), kRoom);
  lines.merge(rows_of(photograph, room));
  return lines;
}

Photograph photograph_of(const Lines& golden, const fs::path& room) {
  const Lines lines = replaced(golden, kRoom, room.string());
  Photograph photograph;
  photograph.machine.state = std::make_shared<const machine::simulated::MemoryVm::SavedState>(
      machine::simulated::machine_state_from_json(json_of(lines, "machine")));
  photograph.machine.files = files_of(lines);
  photograph.machine.effects = std::make_shared<std::vector<Effect>>(effects_of(lines));
  std::map<std::string, std::string> contents;
  for (const auto& [key, value] : those_under(lines, kHost)) {
    const std::string name = key.substr(std::string_view(kHost).size());
    const std::size_t colon = name.rfind(':');
    const std::string path = (room / name.substr(0, colon)).string();
    if (value == kFolder) {
      photograph.folders.push_back(path);
    } else if (colon != std::string::npos) {
      add_host_line(contents[path], value);
    } else {
      contents[path];
      const std::size_t size = value.find(kReserve);
      if (size != std::string::npos)
        photograph.files[path].content =
            first_of_reserve(std::stoull(value.substr(size + std::string_view(kReserve).size())));
      photograph.files[path].mode = static_cast<mode_t>(std::stoul(value, nullptr, 8));
    }
  }
  for (auto& [path, file] : photograph.files) {
    if (file.content != nullptr) continue;  // the reserve
    std::string content = contents.at(path);
    if (is_journal(path)) {
      const lab::TemporaryFolder folder;
      write_journal(folder.path() / "journal.db", lines);
      content = lab::read_file(folder.path() / "journal.db");
    }
    file.content = std::make_shared<const std::string>(std::move(content));
  }
  return photograph;
}

}  // namespace golden
