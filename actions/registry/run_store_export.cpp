#include "actions/registry/run_store_export.h"

#include <algorithm>
#include <utility>

#include "actions/context.h"
#include "actions/fields.h"
#include "actions/machine/processes.h"
#include "actions/machine/system.h"
#include "actions/registry/ebpf_store.h"

namespace actions {
namespace {

using errors::ExitCode;
using errors::Failure;

constexpr std::int64_t kLongestMs = 60'000;

}  // namespace

RunStoreExport::RunStoreExport(std::string program, std::vector<std::string> arguments)
    : program_(std::move(program)), arguments_(std::move(arguments)) {}

std::unique_ptr<Action> RunStoreExport::from_parameters(const Json& parameters) {
  const Fields fields("parameters of run-store-export", parameters);
  return std::make_unique<RunStoreExport>(fields.absolute("program"), fields.texts("arguments"));
}

Json RunStoreExport::parameters() const {
  return {{"program", program_}, {"arguments", arguments_}};
}

std::string RunStoreExport::sentence() const {
  std::string sentence = "Write the eBPF store (" + program_;
  for (const std::string& argument : arguments_)
    sentence += " " + argument;
  return sentence + ")";
}

std::string RunStoreExport::undo_sentence() const { return "Restore the earlier store"; }

Json RunStoreExport::capture(machine::Machine& machine) const { return capture_store(machine); }

Json RunStoreExport::apply(machine::Machine& machine, const Json& /*before*/,
                           Deadline deadline) const {
  return in_context("while writing the eBPF store", ExitCode::kGeneric, [&]() -> Json {
    const std::int64_t until =
        std::min(deadline.at_ms, machine.system().monotonic_ms() + kLongestMs);
    const std::uint32_t code = machine.processes().run(program_, arguments_, until);
    if (code != 0) {
      throw Failure(
          ExitCode::kGeneric, program_, "write the eBPF store with " + program_,
          {"export_program_info", code, "it ended with exit code " + std::to_string(code)});
    }
    return EbpfStore::on(machine).image();
  });
}

UndoResult RunStoreExport::undo(machine::Machine& machine, const Json& before, const Json& after,
                                Deadline /*deadline*/) const {
  return undo_store(machine, kind(), before, after);
}

Probe RunStoreExport::probe(machine::Machine& machine, const Json& before,
                            const Json& after) const {
  return probe_store(machine, kind(), before, after);
}

}  // namespace actions
