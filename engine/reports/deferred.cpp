#include "engine/reports/deferred.h"

namespace engine::reports {

std::string_view deferred_advice(std::string_view command) {
  if (command.ends_with("uninstall")) return "Restart the VM: eBPF is removed after the boot.";
  return "Restart the VM, or close the programs that use eBPF. Until then other commands may fail "
         "with 1106.";
}

}  // namespace engine::reports
