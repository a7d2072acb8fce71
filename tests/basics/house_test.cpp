// The rooms of the house and what each may include: arrows point one way.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;

struct Room {
  std::string_view folder;
  std::vector<std::string_view> may_include;  // rooms; its own and `json` are not listed
};

// A folder that is no row of its own belongs to the row above it. Tests may include everything.
const std::vector<Room>& rooms() {
  static const std::vector<Room> kRooms{
      {"text", {}},
      {"json", {}},
      {"errors", {"text"}},
      {"journal", {"errors", "text"}},
      {"actions/machine", {"errors", "text"}},
      {"actions/machine/simulated", {"actions/machine", "errors", "text"}},
      {"actions/machine/windows", {"actions/machine", "errors", "text"}},
      {"actions", {"actions/machine", "errors", "text"}},
      {"package", {"actions/machine", "errors", "text"}},
      {"package/release", {"package", "actions/machine", "errors", "text"}},
      {"engine/commands", {"errors", "text"}},
      {"engine/product", {"package", "actions", "actions/machine", "journal", "errors", "text"}},
      {"engine/transaction",
       {"engine/commands", "engine/product", "actions", "actions/machine", "journal", "errors",
        "text"}},
      {"engine/planning",
       {"engine/transaction", "engine/commands", "engine/product", "package", "actions",
        "actions/machine", "journal", "errors", "text"}},
      {"engine/reports",
       {"engine/transaction", "engine/commands", "engine/product", "actions/machine", "journal",
        "errors", "text"}},
      {"engine/support",
       {"engine/reports", "engine/commands", "engine/product", "actions", "actions/machine",
        "journal", "errors", "text"}},
      {"engine/handler",
       {"engine/support", "engine/reports", "engine/planning", "engine/transaction",
        "engine/commands", "engine/product", "package", "actions", "actions/machine", "journal",
        "errors", "text"}},
  };
  return kRooms;
}

// Of a room that is included, these headers only: what they say of the rest of it is not needed.
struct Narrow {
  std::string_view room;
  std::string_view included;
  std::vector<std::string_view> headers;
};
const std::vector<Narrow>& narrow() {
  static const std::vector<Narrow> kNarrow{
      {"engine/transaction",
       "engine/product",
       {"engine/product/installation_change.h", "engine/product/meta.h",
        "engine/product/places.h"}},
      {"engine/reports", "engine/transaction", {"engine/transaction/outcome.h"}},
      {"engine/product", "journal", {"journal/records.h"}},
      {"engine/planning", "journal", {"journal/records.h"}},
  };
  return kNarrow;
}

bool is_in(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/';
}

// The innermost room of a file of ours; nullptr: it is in none.
const Room* room_of(std::string_view file) {
  const Room* found = nullptr;
  for (const Room& room : rooms()) {
    if (is_in(file, room.folder) && (found == nullptr || room.folder.size() > found->folder.size()))
      found = &room;
  }
  return found;
}

std::vector<std::string> included_by(const fs::path& file) {
  constexpr std::string_view kInclude = "#include \"";
  std::vector<std::string> all;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(kInclude)) continue;
    const std::string name = line.substr(kInclude.size());
    all.push_back(name.substr(0, name.find('"')));
  }
  return all;
}

// Every source of a room, as a path from the root.
std::vector<std::string> sources() {
  std::set<std::string_view> tops;
  for (const Room& room : rooms())
    tops.insert(room.folder.substr(0, room.folder.find('/')));
  std::vector<std::string> all;
  for (const std::string_view top : tops) {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(EBPF_TEST_SOURCE) / top)) {
      const std::string kind = entry.path().extension().string();
      if (kind == ".h" || kind == ".cpp")
        all.push_back(fs::relative(entry.path(), EBPF_TEST_SOURCE).generic_string());
    }
  }
  return all;
}

template <class List>
bool contains(const List& list, std::string_view wanted) {
  return std::find(list.begin(), list.end(), wanted) != list.end();
}

bool may_include(const Room& room, const Room& included, std::string_view header) {
  if (&room == &included || included.folder == "json") return true;
  if (!contains(room.may_include, included.folder)) return false;
  return std::all_of(narrow().begin(), narrow().end(), [&](const Narrow& row) {
    return row.room != room.folder || row.included != included.folder ||
           contains(row.headers, header);
  });
}

TEST(House, Each_room_includes_only_what_its_row_allows) {
  std::size_t arrows = 0;
  for (const std::string& file : sources()) {
    const Room* room = room_of(file);
    ASSERT_NE(room, nullptr) << file;
    for (const std::string& included : included_by(fs::path(EBPF_TEST_SOURCE) / file)) {
      const Room* other = room_of(included);
      if (other == nullptr) continue;  // made by the build: its own
      ++arrows;
      if (may_include(*room, *other, included)) continue;
      ADD_FAILURE() << file << " includes " << included << ": " << room->folder
                    << " may not include " << other->folder;
    }
  }
  EXPECT_GT(arrows, 500U) << "the sources were not found";
}

TEST(House, Only_the_Windows_machine_includes_windows_h) {
  for (const std::string& file : sources()) {
    std::ifstream in(fs::path(EBPF_TEST_SOURCE) / file);
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("#include <windows.h>")) {
        EXPECT_TRUE(is_in(file, "actions/machine/windows")) << file;
      }
    }
  }
}

}  // namespace
