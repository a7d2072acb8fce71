#include "actions/machine/simulated/export_program_info.h"

#include <array>
#include <string>
#include <vector>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/registry_state.h"

namespace machine::simulated {
namespace {

constexpr std::array kStores{R"(HKLM\Software\eBPF\Providers)",
                             R"(HKU\S-1-5-18\Software\eBPF\Providers)"};

struct ProgramType {
  const char* section;
  const char* guid;
};
constexpr std::array kProgramTypes{
    ProgramType{"bind", "{608c517c-6c52-4a26-b677-bb1c34425adf}"},
    ProgramType{"cgroup/connect4", "{92ec8e39-aeec-11ec-9a30-18602489beee}"}};

void clear_store(MachineState& state, std::string_view store) {
  std::vector<std::string> keys;
  for (const auto& [folded, key] : state.registry) {
    if (is_key_within(folded, fold_case(store))) keys.push_back(folded);
  }
  for (const std::string& key : keys)
    erase_key(state, key);
}

}  // namespace

bool is_export_program_info(std::string_view path) {
  return fold_case(file_name(path)) == "export_program_info.exe";
}

void export_program_info(MachineState& state, const std::string& image_sha256, bool clear) {
  for (const std::string store : kStores) {
    if (clear) {
      clear_store(state, store);
      continue;
    }
    for (const ProgramType& type : kProgramTypes) {
      set_value(state, store + "\\SectionData\\" + type.section, "ProgramType",
                {RegistryType::kString, type.guid});
      set_value(state, store + "\\ProgramData\\" + type.guid, "TypeDescriptor",
                {RegistryType::kBinary, image_sha256});
    }
    set_value(state, store + "\\GlobalHelpers\\bpf_map_lookup_elem", "Prototype",
              {RegistryType::kBinary, image_sha256});
  }
}

}  // namespace machine::simulated
