#include "actions/machine/processes.h"
#include "tests/machine/simulated_vm.h"

namespace {

constexpr const char* kTool = R"(C:\Windows\Temp\export_program_info.exe)";
constexpr const char* kStore = R"(HKLM\Software\eBPF\Providers)";
constexpr const char* kTypeKey =
    R"(HKLM\Software\eBPF\Providers\ProgramData\{608c517c-6c52-4a26-b677-bb1c34425adf})";

class SimulatedProcesses : public SimulatedVmInEachForm {
 protected:
  std::uint32_t run(const std::vector<std::string>& arguments = {}) {
    return machine().processes().run(kTool, arguments, system().monotonic_ms() + 10'000);
  }
  void put(const std::string& version) {
    files().write(kTool, machine::simulated::minimal_image(version));
  }
};

TEST_P(SimulatedProcesses, The_store_is_written_and_depends_on_the_image) {
  put("1");
  const auto before = system().utc_ms();
  EXPECT_EQ(run(), 0U);
  EXPECT_GE(system().utc_ms(), before + 200);
  const auto first = registry().get(kTypeKey, "TypeDescriptor");
  ASSERT_TRUE(first);
  put("2");
  EXPECT_EQ(run(), 0U);
  EXPECT_NE(registry().get(kTypeKey, "TypeDescriptor"), first);
  EXPECT_FALSE(registry().subtree(R"(HKU\S-1-5-18\Software\eBPF\Providers)").empty());
}

TEST_P(SimulatedProcesses, Clearing_the_store_removes_what_others_put_there_too) {
  put("1");
  run();
  registry().set(std::string(kStore) + R"(\SectionData\xdp)", "BpfProgType",
                 {machine::RegistryType::kDword, "1"});
  EXPECT_EQ(run({"--clear"}), 0U);
  EXPECT_TRUE(registry().subtree(kStore).empty());
}

TEST_P(SimulatedProcesses, One_that_hangs_is_given_up_at_the_deadline) {
  put("1");
  set(std::string("path:") + kTool, {"hangs"});
  const auto before = system().monotonic_ms();
  EXPECT_EQ(code_of([&] { run(); }), 258);
  EXPECT_GE(system().monotonic_ms(), before + 10'000);
  EXPECT_TRUE(registry().subtree(kStore).empty());
}

TEST_P(SimulatedProcesses, An_armed_exit_code_is_what_it_ends_with) {
  put("1");
  set(std::string("path:") + kTool, {"exits=1"});
  EXPECT_EQ(run(), 1U);
  EXPECT_TRUE(registry().subtree(kStore).empty());
}

EBPF_IN_EACH_FORM(SimulatedProcesses);

}  // namespace
