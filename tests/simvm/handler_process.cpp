#include "tests/simvm/handler_process.h"

#include <filesystem>
#include <sstream>

#include "actions/machine/simulated/vm_folder.h"
#include "tests/lab/program.h"
#include "tests/lab/temporary_folder.h"

namespace simvm {
namespace {

namespace fs = std::filesystem;

std::int64_t clock_of(const std::string& vm) {
  machine::simulated::VmFolder folder(vm);
  return machine::simulated::Access(folder).state().clock_ms;
}

int whole_exit_code(const std::string& file, int exit_status) {
  std::istringstream in(lab::read_file(file));
  int code = 0;
  return in >> code ? code : exit_status;
}

}  // namespace

CommandEnd run_command(const HandlerCommand& command) {
  using Kind = CommandEnd::Kind;
  fs::create_directories(command.scratch);
  const std::string code_file = command.scratch + "/exit_code";
  fs::remove(code_file);

  CommandEnd end;
  lab::Program program;
  program.words = command.words;
  program.folder = command.folder;
  program.scratch = command.scratch;
  program.hidden = {"EBPF_", "AZURE_GUEST_AGENT_", "ConfigSequenceNumber=", "VERSION=",
                    "ConfigExtensionName="};  // of the shell in which simvm runs
  program.variables = command.environment;
  program.variables["EBPF_HANDLER_MACHINE"] = command.vm;
  program.variables["EBPF_HANDLER_EXIT_CODE_FILE"] = code_file;
  program.variables["EBPF_SIMULATED_DEADLINE_MS"] = std::to_string(command.deadline_ms);
  program.on_stop = [&] {
    end.kind =
        clock_of(command.vm) >= command.deadline_ms ? Kind::kKilledAtLimit : Kind::kKilledAtCall;
  };
  const lab::ProgramEnd ended = lab::run_program(program);
  if (ended.signal == 0) {
    end.number = whole_exit_code(code_file, ended.code);
  } else if (end.kind == Kind::kExited) {
    end.kind = Kind::kSignalled;
    end.number = ended.signal;
  }
  end.output = ended.out + ended.err;
  return end;
}

}  // namespace simvm
