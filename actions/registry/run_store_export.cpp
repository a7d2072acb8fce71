#include "actions/registry/run_store_export.h"

#include <algorithm>

#include "actions/machine/processes.h"
#include "actions/machine/system.h"

namespace actions::registry {
namespace {

using errors::ExitCode;
using errors::Failure;

constexpr std::int64_t kLongestMs = 60'000;

}  // namespace

std::string RunStoreExport::sentence() const {
  std::string sentence = "Write the eBPF store (" + given_.program;
  for (const std::string& argument : given_.arguments)
    sentence += " " + argument;
  return sentence + ")";
}

StoreImage RunStoreExport::change(Machine& machine, const Before&, Deadline deadline) const {
  const std::int64_t until = std::min(deadline.at_ms, machine.system().monotonic_ms() + kLongestMs);
  const std::uint32_t code = machine.processes().run(given_.program, given_.arguments, until);
  if (code != 0) {
    throw Failure(ExitCode::kUpdateStore, given_.program,
                  "write the eBPF store with " + given_.program,
                  {"export_program_info", code, "it ended with exit code " + std::to_string(code)});
  }
  return EbpfStore::on(machine).as_image();
}

}  // namespace actions::registry
