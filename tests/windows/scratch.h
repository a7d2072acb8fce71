#pragma once

#include <string>
#include <utility>

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/windows/windows_machine.h"

namespace windows_tests {

// A Windows machine and an empty folder on it that goes with its owner.
class Scratch {
 public:
  explicit Scratch(std::string at = "C:\\Scratch \xc3\xa9") : folder(std::move(at)) {
    machine.files().create_folder(folder);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { remove_tree(folder); }

  std::string path(const std::string& name) const { return machine::join(folder, name); }

  machine::windows::WindowsMachine machine;
  const std::string folder;

 private:
  void remove_tree(const std::string& from) {
    for (const std::string& name : machine.files().list(from)) {
      const std::string below = machine::join(from, name);
      if (machine.files().stat(below)->kind == machine::FileKind::kFolder) {
        remove_tree(below);
      } else {
        machine.files().remove(below);
      }
    }
    machine.files().remove_folder(from);
  }
};

}  // namespace windows_tests
