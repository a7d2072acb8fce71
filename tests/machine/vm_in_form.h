#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actions/machine/machine.h"
#include "actions/machine/simulated/memory_vm.h"
#include "actions/machine/simulated/vm.h"
#include "tests/lab/temporary_folder.h"

// The two forms in which a simulated VM is kept.
enum class Form { kFolder, kMemory };
std::string to_text(Form form);  // "Folder", "Memory"

// A simulated VM in one of its forms, with its machine and what tests do to it past the machine's
// interface.
class VmInForm {
 public:
  explicit VmInForm(Form form, const machine::simulated::VmOptions& options = {
                                   .gpa = machine::simulated::Gpa::kAbsent});
  VmInForm(const VmInForm& other);  // an equal machine, as saved: same file ids, same clock
  VmInForm& operator=(const VmInForm&) = delete;

  // Opened when first needed.
  machine::Machine& machine();
  // The VM as another process has it.
  std::unique_ptr<machine::simulated::VmHome> home() const;

  void set(const std::string& object, const std::vector<std::string>& settings) const;
  std::string snapshot() const;
  void reboot() const;
  void cut_power(std::uint64_t seed) const;
  // By hand: no effect of it is lost in a power cut. Folders that are missing are made.
  void put_file(const std::string& path, const std::string& content) const;
  void put_link(const std::string& path, const std::string& target) const;

  // A folder of the host for this VM alone.
  const std::filesystem::path& temporary() const { return temporary_.path(); }
  // Of the folder form.
  std::string folder() const { return (temporary() / "vm").string(); }

 private:
  Form form_;
  lab::TemporaryFolder temporary_;
  std::unique_ptr<machine::simulated::MemoryVm> memory_;
  std::unique_ptr<machine::Machine> machine_;
};
