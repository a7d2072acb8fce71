#include "engine/product/places.h"

#include "actions/machine/paths.h"
#include "actions/machine/system.h"

namespace engine::product {

std::string default_install_folder(machine::Machine& machine) {
  return machine::join(machine.system().program_files(), "ebpf-for-windows");
}

std::string data_folder(machine::Machine& machine) {
  return machine::join(machine.system().program_data(), "EbpfForWindows");
}

std::string journal_path(machine::Machine& machine) {
  return machine::join(data_folder(machine), "journal.db");
}

std::string recovery_copy_folder(machine::Machine& machine) {
  return machine::join(data_folder(machine), "recovery");
}

}  // namespace engine::product
