#include "tests/machine/vm_in_form.h"

#include <filesystem>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "actions/machine/simulated/vm_folder.h"

namespace fs = std::filesystem;
namespace simulated = machine::simulated;

namespace {

simulated::disk::Place with_folders(const simulated::disk::Drive& drive, const std::string& path) {
  simulated::disk::make_folders(drive.tree(), drive.find(machine::parent(path)).host);
  return drive.find(path);
}

}  // namespace

std::string to_text(Form form) { return form == Form::kFolder ? "Folder" : "Memory"; }

VmInForm::VmInForm(Form form, const simulated::VmOptions& options) : form_(form) {
  if (form == Form::kFolder) {
    simulated::create_vm(folder(), options);
  } else {
    fs::create_directory(folder());
    memory_ = std::make_unique<simulated::MemoryVm>(folder(), options);
  }
}

VmInForm::VmInForm(const VmInForm& other) : form_(other.form_) {
  if (form_ == Form::kFolder) {
    simulated::copy_vm(other.folder(), folder());
  } else {
    fs::copy(other.folder(), folder(), fs::copy_options::recursive);
    memory_ = std::make_unique<simulated::MemoryVm>(folder(), other.memory_->value());
  }
}

machine::Machine& VmInForm::machine() {
  if (!machine_) {
    machine_ = memory_ ? std::make_unique<simulated::SimulatedMachine>(*memory_)
                       : std::make_unique<simulated::SimulatedMachine>(folder());
  }
  return *machine_;
}

std::unique_ptr<simulated::VmHome> VmInForm::home() const {
  if (memory_) return std::make_unique<simulated::MemoryHome>(*memory_);
  return std::make_unique<simulated::VmFolder>(folder());
}

void VmInForm::set(const std::string& object, const std::vector<std::string>& settings) const {
  simulated::set_behaviour(*home(), object, settings);
}

std::string VmInForm::snapshot() const { return simulated::snapshot(*home()); }

void VmInForm::reboot() const { simulated::reboot(*home()); }

void VmInForm::cut_power(std::uint64_t seed) const { simulated::reboot(*home(), {true, seed}); }

void VmInForm::put_file(const std::string& path, const std::string& content) const {
  const auto vm = home();
  const simulated::Access access(*vm);
  vm->drive().tree().write(with_folders(vm->drive(), path).host, content);
}

void VmInForm::put_link(const std::string& path, const std::string& target) const {
  const auto vm = home();
  const simulated::Access access(*vm);
  vm->drive().tree().make_link(with_folders(vm->drive(), path).host, target);
}
