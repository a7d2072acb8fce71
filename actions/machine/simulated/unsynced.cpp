#include "actions/machine/simulated/unsynced.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>

namespace machine::simulated {
namespace {

namespace fs = std::filesystem;

bool is_content(const nlohmann::json& entry) { return entry.at("op") == "content"; }

bool exists(const std::string& host) {
  struct stat info = {};
  return ::lstat(host.c_str(), &info) == 0;
}

// Takes nothing's place.
void move_back(const std::string& from, const std::string& to) {
  if (!exists(to)) std::rename(from.c_str(), to.c_str());
}

void make_zeros(const std::string& host, std::uint64_t size) {
  fs::resize_file(host, 0);
  fs::resize_file(host, size);
}

}  // namespace

Unsynced::Unsynced(const std::string& vm_folder, const Drive& drive)
    : log_(vm_folder + "/unsynced.log"), graveyard_(vm_folder + "/graveyard"), drive_(drive) {}

void Unsynced::append(const Json& entry) const {
  std::ofstream out(log_, std::ios::binary | std::ios::app);
  out << entry.dump() << '\n';
  out.close();
  if (!out) throw std::runtime_error("cannot write " + log_);
}

std::vector<nlohmann::json> Unsynced::read() const {
  std::vector<Json> entries;
  std::ifstream in(log_, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    const Json entry = Json::parse(line, nullptr, false);
    if (!entry.is_discarded()) entries.push_back(entry);  // a line cut by a kill has had no effect
  }
  return entries;
}

void Unsynced::replace(const std::vector<Json>& entries) const {
  if (entries.empty()) {
    fs::remove(log_);
    return;
  }
  const std::string fresh = log_ + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  for (const Json& entry : entries)
    out << entry.dump() << '\n';
  out.close();
  if (!out) throw std::runtime_error("cannot write " + fresh);
  fs::rename(fresh, log_);
}

std::string Unsynced::in(const Place& place) const {
  return drive_.file_id(fs::path(place.host).parent_path().string());
}

std::string Unsynced::host(const Json& windows_path) const {
  std::string path = windows_path.get<std::string>().substr(2);  // behind "C:"
  std::replace(path.begin(), path.end(), '\\', '/');
  return drive_.root() + path;
}

std::string Unsynced::grave(const Json& entry) const {
  return graveyard_ + "/" + entry.at("id").get<std::string>();
}

void Unsynced::created(const Place& place) {
  // A new folder is in itself too: syncing it makes its own entry durable.
  append({{"op", place.is_folder() ? "create-folder" : "create"},
          {"path", place.windows},
          {"in", {in(place), drive_.file_id(place)}}});
}

void Unsynced::renamed(const Place& from, const Place& to) {
  append(
      {{"op", "rename"}, {"path", from.windows}, {"to", to.windows}, {"in", {in(from), in(to)}}});
}

void Unsynced::set_readonly(const Place& place) {
  append({{"op", "readonly"},
          {"path", place.windows},
          {"mode", place.info.st_mode & 07777U},
          {"in", {in(place)}}});
}

void Unsynced::written(const Place& place) {
  append({{"op", "content"}, {"id", drive_.file_id(place)}});
}

void Unsynced::remove(const Place& place) {
  fs::create_directory(graveyard_);
  const Json entry = {{"op", "remove"},
                      {"path", place.windows},
                      {"id", drive_.file_id(place)},
                      {"in", {in(place)}}};
  append(entry);
  fs::rename(place.host, grave(entry));
}

void Unsynced::remove_folder(const Place& place) {
  append({{"op", "remove-folder"}, {"path", place.windows}, {"in", {in(place)}}});
  fs::remove(place.host);
}

void Unsynced::sync(const std::vector<Place>& places) {
  std::vector<Json> entries = read();
  if (entries.empty()) return;
  std::set<std::string> files;
  std::set<std::string> folders;
  for (const Place& place : places) {
    (place.is_folder() ? folders : files).insert(drive_.file_id(place));
  }
  // Behind the last change in one of the folders.
  std::size_t durable = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (is_content(entries[i])) continue;
    for (const std::string folder : entries[i].at("in")) {
      if (folders.contains(folder)) durable = i + 1;
    }
  }
  std::vector<Json> kept;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (is_content(entries[i])) {
      if (!files.contains(entries[i].at("id"))) kept.push_back(entries[i]);
    } else if (i >= durable) {
      kept.push_back(entries[i]);
    } else if (entries[i].at("op") == "remove") {
      fs::remove(grave(entries[i]));
    }
  }
  if (kept.size() != entries.size()) replace(kept);
}

void Unsynced::flush() {
  std::vector<Json> entries = read();
  if (entries.empty()) return;
  entries.erase(std::remove_if(entries.begin(), entries.end(),
                               [](const Json& entry) { return !is_content(entry); }),
                entries.end());
  replace(entries);
  fs::remove_all(graveyard_);
}

void Unsynced::forget_all() {
  replace({});
  fs::remove_all(graveyard_);
}

void Unsynced::undo(const Json& entry) const {
  const std::string op = entry.at("op");
  const std::string path = host(entry.at("path"));
  std::error_code ignored;  // what somebody else changed by hand meanwhile stays as it is
  if (op == "create" || op == "create-folder") {
    fs::remove(path, ignored);  // a folder that is not empty stays
  } else if (op == "rename") {
    move_back(host(entry.at("to")), path);
  } else if (op == "remove") {
    move_back(grave(entry), path);
  } else if (op == "remove-folder") {
    fs::create_directory(path, ignored);
  } else if (op == "readonly") {
    ::chmod(path.c_str(), entry.at("mode").get<mode_t>());
  }
}

void Unsynced::lose(std::uint64_t seed, std::mt19937_64& random) {
  std::vector<Json> metadata;
  std::set<std::string> contents;
  for (const Json& entry : read()) {
    if (is_content(entry)) {
      contents.insert(entry.at("id").get<std::string>());
    } else {
      metadata.push_back(entry);
    }
  }
  std::size_t kept = 0;
  if (seed == 1) kept = metadata.size();
  if (seed > 1) kept = static_cast<std::size_t>(random() % (metadata.size() + 1));
  for (std::size_t i = metadata.size(); i > kept; --i)
    undo(metadata[i - 1]);
  if (seed != 1) lose_content(contents, seed, random);
  forget_all();
}

void Unsynced::lose_content(const std::set<std::string>& ids, std::uint64_t seed,
                            std::mt19937_64& random) const {
  if (ids.empty()) return;
  std::map<std::string, Place> victims;  // by path, so that equal seeds do equal things
  drive_.walk([&](const Place& place) {
    if (place.is_file() && ids.contains(drive_.file_id(place))) victims[place.windows] = place;
  });
  for (const auto& [path, place] : victims) {
    const std::uint64_t fate = seed == 0 ? 1 : random() % 3;  // kept, truncated, zeroed
    ::chmod(place.host.c_str(), (place.info.st_mode & 07777U) | S_IWUSR);
    if (fate == 1) fs::resize_file(place.host, 0);
    if (fate == 2) make_zeros(place.host, place.size());
    ::chmod(place.host.c_str(), place.info.st_mode & 07777U);
  }
}

}  // namespace machine::simulated
