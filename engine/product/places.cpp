#include "engine/product/places.h"

#include "actions/machine/files.h"
#include "actions/machine/paths.h"
#include "actions/machine/system.h"

namespace engine::product {

namespace {
constexpr const char* kDataFolderName = "EbpfForWindows";
}  // namespace

std::string default_install_folder(machine::Machine& machine) {
  return machine::join(machine.system().program_files(), "ebpf-for-windows");
}

std::string data_folder(machine::Machine& machine) {
  std::string second = second_data_folder(machine);
  if (machine.files().stat(second)) return second;
  return machine::join(machine.system().program_data(), kDataFolderName);
}

std::string second_data_folder(machine::Machine& machine) {
  return machine::join(machine.system().program_files(), kDataFolderName);
}

std::string journal_path(machine::Machine& machine) {
  return machine::join(data_folder(machine), kJournalName);
}

std::string recovery_copy_folder(machine::Machine& machine) {
  return machine::join(data_folder(machine), "recovery");
}

}  // namespace engine::product
