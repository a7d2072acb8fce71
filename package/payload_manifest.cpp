#include "package/payload_manifest.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "actions/machine/paths.h"
#include "errors/failure.h"
#include "json/json.h"
#include "text/printable.h"

namespace package {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::size_t kHashDigits = 64;
constexpr int kMaxOsBuild = 1'000'000;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr std::array<std::pair<Role, std::string_view>, 8> kRoleNames{{
    {Role::kDriver, "driver"},
    {Role::kService, "service"},
    {Role::kLibrary, "library"},
    {Role::kTool, "tool"},
    {Role::kNetshHelper, "netsh-helper"},
    {Role::kTask, "task"},
    {Role::kScript, "script"},
    {Role::kSymbols, "symbols"},
}};

[[noreturn]] void refuse(const std::string& defect) {
  throw errors::Failure(errors::ExitCode::kPackageDamaged, "payload.json",
                        "use payload.json: " + defect);
}

// `where` in these is the place of the field, for messages: "" or "files[3] ('drivers/a.sys'): ".
const Json& field(const Json& object, const char* name, const std::string& where) {
  const auto found = object.find(name);
  if (found == object.end()) refuse(where + "'" + name + "' is missing");
  return *found;
}

std::string text_field(const Json& object, const char* name, const std::string& where) {
  const Json& value = field(object, name, where);
  if (!value.is_string()) refuse(where + "'" + name + "' is not a string");
  return value.get<std::string>();
}

std::uint64_t number_field(const Json& object, const char* name, std::uint64_t max,
                           const std::string& where) {
  const Json& value = field(object, name, where);
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
    refuse(where + "'" + name + "' is not a whole number from 0 to " + std::to_string(max));
  }
  return value.get<std::uint64_t>();
}

Version version_field(const Json& object, const std::string& where) {
  auto version = parse_version(text_field(object, "version", where));
  if (!version) refuse(where + "'version' is not X.Y.Z or X.Y.Z-tag");
  return *version;
}

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_decimal(char c) { return c >= '0' && c <= '9'; }

// The form of the 8.3 aliases that NTFS gives to long names.
bool may_be_an_alias(std::string_view name) {
  for (auto tilde = name.find('~'); tilde != std::string_view::npos;
       tilde = name.find('~', tilde + 1)) {
    if (tilde + 1 < name.size() && is_decimal(name[tilde + 1])) return true;
  }
  return false;
}

// Beside what is unsafe on Windows: what payload.json does not carry.
std::string why_refused(const std::string& path) {
  std::string reason = machine::why_unsafe_relative(path);
  if (!reason.empty()) return reason;
  if (path.find('\\') != std::string::npos) return "it has a backslash";
  if (std::any_of(path.begin(), path.end(),
                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return "it is not plain ASCII";
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end - begin > kMaxNameBytes)
      return "it has a name of more than " + std::to_string(kMaxNameBytes) + " bytes";
    if (may_be_an_alias(std::string_view(path).substr(begin, end - begin)))
      return "it has a name that may be the short alias of another ('~' and a digit)";
    begin = end + 1;
  }
  return "";
}

PayloadFile parse_file(const Json& json, std::size_t index) {
  std::string where = "files[" + std::to_string(index) + "]: ";
  if (!json.is_object()) refuse(where + "it is not an object");
  PayloadFile file;
  file.path = text_field(json, "path", where);
  const std::string reason = why_refused(file.path);
  constexpr std::size_t kQuoted = 200;
  where = "files[" + std::to_string(index) + "] ('" + text::printable(file.path, kQuoted) + "'): ";
  if (!reason.empty()) refuse(where + "its path is not safe: " + reason);
  file.size = number_field(json, "size", kMaxFileBytes, where);
  file.sha256 = text_field(json, "sha256", where);
  if (!is_hash(file.sha256)) refuse(where + "'sha256' is not 64 lower-case hex digits");
  const auto role = role_from_text(text_field(json, "role", where));
  if (!role) refuse(where + "'role' is unknown");
  file.role = *role;
  if (json.contains("version")) file.version = version_field(json, where);
  return file;
}

// Two names of one file, or a file that is also a folder, on a file system without case.
void refuse_clashes(const std::vector<PayloadFile>& files) {
  std::map<std::string, const PayloadFile*> seen;
  for (const PayloadFile& file : files) {
    const auto [other, is_new] = seen.emplace(machine::fold_case(file.path), &file);
    if (!is_new) {
      refuse("'" + text::printable(other->second->path) + "' and '" + text::printable(file.path) +
             "' are the same file on Windows");
    }
  }
  for (const PayloadFile& file : files) {
    const std::string folded = machine::fold_case(file.path);
    for (auto end = folded.find('/'); end != std::string::npos; end = folded.find('/', end + 1)) {
      const auto folder = seen.find(folded.substr(0, end));
      if (folder == seen.end()) continue;
      refuse("'" + text::printable(folder->second->path) + "' is a file and the folder of '" +
             text::printable(file.path) + "'");
    }
  }
}

Json parse_text(std::string_view text) {
  if (text.size() > kMaxManifestBytes) refuse("it is larger than 4 MiB");
  if (text.starts_with(kByteOrderMark)) refuse("it begins with a byte order mark");
  if (bounded::is_too_deep(text)) refuse("it is not JSON in UTF-8 (nested too deeply)");
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    // The library's own words quote bytes that need not be UTF-8.
    refuse("it is not JSON in UTF-8 (at byte " + std::to_string(error.byte) + ")");
  } catch (const Json::out_of_range&) {
    refuse("it has a number that no computer can hold");
  }
}

}  // namespace

std::string_view to_text(Role role) {
  for (const auto& [known, name] : kRoleNames) {
    if (known == role) return name;
  }
  return "unknown";
}

std::optional<Role> role_from_text(std::string_view text) {
  for (const auto& [role, name] : kRoleNames) {
    if (name == text) return role;
  }
  return std::nullopt;
}

PayloadManifest parse_manifest(std::string_view text) {
  const Json json = parse_text(text);
  if (!json.is_object()) refuse("it is not a JSON object");
  if (const Json& schema = field(json, "schema", ""); schema != kManifestSchema) {
    refuse("its schema is not " + std::to_string(kManifestSchema));
  }
  PayloadManifest manifest;
  manifest.version = version_field(json, "");
  manifest.min_os_build = static_cast<int>(number_field(json, "min_os_build", kMaxOsBuild, ""));
  manifest.machine = text_field(json, "machine", "");
  if (manifest.machine != "x64" && manifest.machine != "arm64") {
    refuse("'machine' is not x64 or arm64");
  }
  if (json.contains("handler")) {
    manifest.handler = parse_handler_version(text_field(json, "handler", ""));
    if (!manifest.handler) refuse("'handler' is not X.Y.Z.P");
  }
  const Json& files = field(json, "files", "");
  if (!files.is_array() || files.empty()) refuse("'files' is not a list of files");
  if (files.size() > kMaxPayloadFiles) {
    refuse("it lists more than " + std::to_string(kMaxPayloadFiles) + " files");
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    manifest.files.push_back(parse_file(files[i], i));
  }
  refuse_clashes(manifest.files);
  return manifest;
}

std::optional<HandlerVersion> handler_version_in(std::string_view text) {
  const Json json = bounded::json(text);
  if (!json.is_object() || !json.contains("handler") || !json["handler"].is_string())
    return std::nullopt;
  return parse_handler_version(json["handler"].get<std::string>());
}

std::string to_json(const PayloadManifest& manifest) {
  std::vector<PayloadFile> sorted = manifest.files;
  std::sort(sorted.begin(), sorted.end(),
            [](const PayloadFile& a, const PayloadFile& b) { return a.path < b.path; });
  OrderedJson files = OrderedJson::array();
  for (const PayloadFile& file : sorted) {
    OrderedJson row{{"path", file.path},
                    {"size", file.size},
                    {"sha256", file.sha256},
                    {"role", to_text(file.role)}};
    if (file.version) row["version"] = to_text(*file.version);
    files.push_back(std::move(row));
  }
  OrderedJson json{{"schema", manifest.schema},
                   {"version", to_text(manifest.version)},
                   {"min_os_build", manifest.min_os_build},
                   {"machine", manifest.machine}};
  if (manifest.handler) json["handler"] = to_text(*manifest.handler);
  json["files"] = std::move(files);
  return json.dump(2) + "\n";
}

}  // namespace package
