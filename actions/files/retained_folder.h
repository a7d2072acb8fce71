#pragma once

#include <string>
#include <string_view>

#include "actions/action.h"
#include "actions/machine/files.h"

namespace actions::files {

// The folder to which a transaction moves what it replaces or removes: "retained" in the
// transaction's work folder, with the file "before.json" beside it. A person, or a program whose
// journal is lost, can put everything back from these two.
//
// before.json holds, per kind, the parameters and the before-image, so that place-files and
// remove-files of one transaction can share the folder. A kind makes its part durable before its
// first move and takes it out after its last move back: the part says that moves of that kind may
// have begun.
class RetainedFolder {
 public:
  RetainedFolder(machine::Files& files, std::string work_folder);

  std::string file(std::string_view name) const;  // path of a retained file
  bool has_begun(std::string_view kind);

  // Makes the work folder where it is missing, writes this kind's part of before.json, syncs, makes
  // the folder. May be run again.
  void open(std::string_view kind, const Json& parameters, const Json& before);

  // Takes this kind's part out of before.json; the file and the folder, and the work folder if
  // `made_work_folder`, go when nothing is left in them. A kind calls it when all its files are
  // back. May be run again.
  void close(std::string_view kind, bool made_work_folder);

  const std::string& path() const { return folder_; }
  const std::string& work_folder() const { return work_folder_; }

 private:
  Json read_before_file();
  void remove_if_empty(const std::string& folder);

  machine::Files& files_;
  std::string work_folder_;
  std::string folder_;
  std::string before_file_;
};

}  // namespace actions::files
