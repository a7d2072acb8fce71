#include "tests/simvm/handler_folder.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>

#include "errors/failure.h"
#include "json/json.h"

namespace simvm {
namespace {

namespace fs = std::filesystem;
using errors::ExitCode;
using errors::Failure;
using nlohmann::json;

Failure damaged(const std::string& object, const std::string& why) {
  return Failure(ExitCode::kPackageDamaged, object, "use the package " + object).advise(why);
}

using Archive = std::unique_ptr<archive, int (*)(archive*)>;

bool leads_outside(const std::string& name) {
  const fs::path path(name);
  return path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end();
}

void extract_file(archive* zip, const std::string& target) {
  fs::create_directories(fs::path(target).parent_path());
  fs::remove(target);  // it may be running
  std::ofstream out(target, std::ios::binary);
  std::array<char, 65536> buffer{};
  for (;;) {
    const la_ssize_t size = archive_read_data(zip, buffer.data(), buffer.size());
    if (size < 0) throw damaged(target, archive_error_string(zip));
    if (size == 0) break;
    out.write(buffer.data(), size);
  }
  out.close();
  if (!out) throw damaged(target, "It cannot be written.");
  fs::permissions(target, fs::perms::owner_exec, fs::perm_options::add);
}

void extract_zip(const std::string& zip, const std::string& folder) {
  const Archive reader(archive_read_new(), archive_read_free);
  archive_read_support_format_zip(reader.get());
  if (archive_read_open_filename(reader.get(), zip.c_str(), 65536) != ARCHIVE_OK) {
    throw damaged(zip, archive_error_string(reader.get()));
  }
  for (;;) {
    archive_entry* entry = nullptr;
    const int found = archive_read_next_header(reader.get(), &entry);
    if (found == ARCHIVE_EOF) break;
    if (found != ARCHIVE_OK) throw damaged(zip, archive_error_string(reader.get()));
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr || leads_outside(name)) throw damaged(zip, "It leads out of its folder.");
    const std::string target = folder + "/" + name;
    if (archive_entry_filetype(entry) == AE_IFDIR) {
      fs::create_directories(target);
    } else {
      extract_file(reader.get(), target);
    }
  }
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) throw Failure(ExitCode::kGeneric, path, "write " + path);
}

void make_private(const std::string& folder) {
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
}

json manifest_of(const std::string& base) {
  const std::string path = base + "/HandlerManifest.json";
  const json manifest = json::parse(read_file(path), nullptr, false);
  if (!manifest.is_array() || manifest.empty() || !manifest[0].is_object() ||
      !manifest[0].contains("handlerManifest") || !manifest[0]["handlerManifest"].is_object()) {
    throw damaged(path, "It is no manifest.");
  }
  return manifest[0]["handlerManifest"];
}

std::vector<int> numbers(const std::string& version) {
  std::vector<int> result;
  std::istringstream in(version);
  for (std::string part; std::getline(in, part, '.');) {
    int number = 0;
    std::from_chars(part.data(), part.data() + part.size(), number);
    result.push_back(number);
  }
  result.resize(4);
  return result;
}

}  // namespace

std::string version_of_package(const std::string& zip) {
  const std::string name = fs::path(zip).filename().string();
  const std::string prefix = std::string(kHandlerName) + ".";
  const bool is_folder = fs::is_directory(zip);
  const std::string_view kSuffix = is_folder ? "" : ".zip";
  const bool shaped = name.starts_with(prefix) && name.ends_with(kSuffix) &&
                      name.size() > prefix.size() + kSuffix.size();
  const std::string version =
      shaped ? name.substr(prefix.size(), name.size() - prefix.size() - kSuffix.size()) : "";
  const bool digits = !version.empty() && std::all_of(version.begin(), version.end(), [](char c) {
    return c == '.' || std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
  if (!digits) {
    throw Failure(ExitCode::kUsage, zip, "take the version from the package's name " + zip)
        .advise("A package is called " + prefix + "X.Y.Z.P.zip.");
  }
  if (!is_folder && !fs::is_regular_file(zip)) {
    throw Failure(ExitCode::kUsage, zip, "find the package " + zip)
        .advise("There is no such file.");
  }
  return version;
}

bool is_lower_version(const std::string& a, const std::string& b) {
  return numbers(a) < numbers(b);
}

HandlerFolder::HandlerFolder(const std::string& vm_agent_folder, std::string version)
    : version_(std::move(version)),
      base_(vm_agent_folder + "/" + kHandlerName + "-" + version_),
      log_(vm_agent_folder + "/log/" + kHandlerName) {}

bool HandlerFolder::exists() const { return fs::is_directory(base_); }

void HandlerFolder::extract(const std::string& zip) const {
  if (fs::is_directory(zip)) {
    fs::create_directories(base_);
    fs::copy(zip, base_, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  } else {
    extract_zip(zip, base_);
  }
  const std::string events = log_ + "/events";
  fs::create_directories(log_);
  for (const std::string& folder : {base_ + "/config", base_ + "/status", events}) {
    make_private(folder);
  }
  const json environment = json::array({{{"name", kHandlerName},
                                         {"version", 1.0},
                                         {"handlerEnvironment",
                                          {{"logFolder", log_},
                                           {"configFolder", base_ + "/config"},
                                           {"statusFolder", base_ + "/status"},
                                           {"heartbeatFile", base_ + "/heartbeat.log"},
                                           {"eventsFolder", events},
                                           {"eventsFolder_preview", events}}}}});
  write_file(base_ + "/HandlerEnvironment.json", environment.dump());
}

void HandlerFolder::write_settings(int sequence, const std::string& content) const {
  write_file(base_ + "/config/" + std::to_string(sequence) + ".settings", content);
}

void HandlerFolder::copy_reports_from(const HandlerFolder& old) const {
  const auto replace = fs::copy_options::recursive | fs::copy_options::overwrite_existing;
  if (fs::is_directory(old.base_ + "/status")) {
    fs::copy(old.base_ + "/status", base_ + "/status", replace);
  }
  if (fs::exists(old.base_ + "/mrseq")) fs::copy(old.base_ + "/mrseq", base_ + "/mrseq", replace);
}

void HandlerFolder::remove() const { fs::remove_all(base_); }

std::vector<std::string> HandlerFolder::command_line(const std::string& command) const {
  const json manifest = manifest_of(base_);
  const std::string key = command == "reset" ? "resetStateCommand" : command + "Command";
  std::string text;
  if (manifest.contains(key) && manifest[key].is_string()) {
    text = manifest[key];
  } else if (command == "reset") {
    text = "ebpf-handler.exe reset";  // optional in a manifest
  } else {
    throw damaged(base_ + "/HandlerManifest.json", "It has no " + key + ".");
  }
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;)
    words.push_back(word);
  if (words.empty()) throw damaged(base_ + "/HandlerManifest.json", key + " is empty.");
  words[0] = base_ + "/" + words[0].substr(words[0].front() == '/' ? 1 : 0);
  return words;
}

bool HandlerFolder::installs_on_update() const {
  const json manifest = manifest_of(base_);
  if (!manifest.contains("updateMode") || !manifest["updateMode"].is_string()) return true;
  std::string mode = manifest["updateMode"];
  std::transform(mode.begin(), mode.end(), mode.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return mode == "updatewithinstall";
}

std::optional<std::string> HandlerFolder::status(int sequence) const {
  const std::string path = base_ + "/status/" + std::to_string(sequence) + ".status";
  if (!fs::is_regular_file(path)) return std::nullopt;
  return read_file(path);
}

}  // namespace simvm
