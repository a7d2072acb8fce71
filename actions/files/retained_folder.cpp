#include "actions/files/retained_folder.h"

#include <array>
#include <cstdint>
#include <utility>

#include "actions/files/removal.h"
#include "actions/machine/paths.h"

namespace actions::files {
namespace {

constexpr std::uint64_t kLargestBeforeFile = 64 * 1024 * 1024;

}  // namespace

RetainedFolder::RetainedFolder(machine::Files& files, std::string work_folder)
    : files_(files),
      work_folder_(std::move(work_folder)),
      folder_(machine::join(work_folder_, "retained")),
      before_file_(machine::join(work_folder_, "before.json")) {}

std::string RetainedFolder::file(std::string_view name) const {
  return machine::join(folder_, name);
}

bool RetainedFolder::has_begun(std::string_view kind) {
  return read_before_file().contains(std::string(kind));
}

Json RetainedFolder::read_before_file() {
  if (!files_.stat(before_file_)) return Json::object();
  // A power cut tore it before any move that relies on it, so open writes it anew.
  Json content = bounded::json(files_.read(before_file_, kLargestBeforeFile));
  return content.is_object() ? content : Json::object();
}

void RetainedFolder::open(std::string_view kind, const Json& parameters, const Json& before) {
  if (!files_.stat(work_folder_)) files_.create_folder(work_folder_);
  Json content = read_before_file();
  Json part{{"parameters", parameters}, {"before", before}};
  if (content.value(std::string(kind), Json()) != part) {
    content[std::string(kind)] = std::move(part);
    files_.write(before_file_, content.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  }
  const std::array<std::string, 3> durable{before_file_, work_folder_,
                                           machine::parent(work_folder_)};
  files_.sync(durable);
  if (!files_.stat(folder_)) files_.create_folder(folder_);
}

void RetainedFolder::close(std::string_view kind, bool made_work_folder) {
  Json content = read_before_file();
  if (content.erase(std::string(kind)) > 0 && !content.empty()) {
    files_.write(before_file_, content.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  } else if (content.empty() && files_.stat(before_file_)) {
    files_.remove(before_file_);
  }
  if (content.empty()) remove_if_empty(folder_);
  if (made_work_folder) remove_if_empty(work_folder_);
}

void RetainedFolder::remove_if_empty(const std::string& folder) {
  if (files_.stat(folder)) remove_empty_folder(files_, folder);
}

}  // namespace actions::files
