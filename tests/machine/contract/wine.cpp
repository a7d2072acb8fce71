#include "tests/machine/contract/wine.h"

#include <gtest/gtest.h>
#include <windows.h>

#include <algorithm>
#include <array>
#include <iostream>

#include "tests/machine/contract/machine_contract.h"

namespace contract {
namespace {

// Wine 8.0's answers where they are not Windows'.
struct Exception {
  std::string_view suite;
  std::string_view rule;
  std::string_view answer;
  bool asked = false;
};
std::array exceptions{
    Exception{"FilesContract", rule::kCaseRename, "ebpfcore.sys"},  // nothing is renamed
    // ids are inode numbers, given again at once
    Exception{"FilesContract", rule::kNewFileNewId, "0000"},
    // the attribute is Unix' mode, and we are root
    Exception{"FilesContract", rule::kReadonlyWrite, "-1"},
    Exception{"ServicesContract", rule::kBrokenImage, "1114"},   // ERROR_DLL_INIT_FAILED
    Exception{"ServicesContract", rule::kMissingImage, "1114"},  // likewise
    // only by a change of all fields, delete and create
    Exception{"ServicesContract", rule::kMarkSeen, "not marked"},
    // runs already: the mark is not looked at
    Exception{"ServicesContract", rule::kMarkedStart, "1056"},
    Exception{"ServicesContract", rule::kDependencies, "kept"},  // in the registry, nothing more
    Exception{"RegistryContract", rule::kSoftwareKey, R"(HKLM\Software)"},
    Exception{"TasksContract", rule::kTaskOff, "on"},  // put_Enabled succeeds and does nothing
    // CO_E_CLASSSTRING: there is no such class
    Exception{"DataCollectorsContract", rule::kPerformanceLogs, "2147746291"},
    Exception{"TasksContract", rule::kUnclosedTask, "2147750679"},  // 0x80041317 SCHED_E_NAMESPACE
};

// Whether this Windows is Wine.
bool is_wine() {
  return GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "wine_get_version") != nullptr;
}

class Table : public testing::Environment {
 public:
  void TearDown() override {
    const auto& unit = *testing::UnitTest::GetInstance();
    for (int i = 0; is_wine() && i < unit.total_test_suite_count(); ++i) {
      const testing::TestSuite& suite = *unit.GetTestSuite(i);
      if (suite.test_to_run_count() == suite.total_test_count()) print(suite);
    }
  }

 private:
  static void print(const testing::TestSuite& suite) {
    const std::string_view name = suite.name();
    std::cout << "[ contract ] " << name << ": " << suite.total_test_count() << " tests\n";
    for (const Exception& row : exceptions) {
      if (!name.ends_with(row.suite)) continue;
      std::cout << "[ contract ]   Wine's exception: " << row.rule << ": " << row.answer << "\n";
      EXPECT_TRUE(row.asked) << row.rule << ": no test asks for this exception";
    }
  }
};

[[maybe_unused]] const auto* const kTable = testing::AddGlobalTestEnvironment(new Table);

}  // namespace

std::optional<std::string> wine_exception(std::string_view rule) {
  if (!is_wine()) return std::nullopt;
  const auto found = std::find_if(exceptions.begin(), exceptions.end(),
                                  [rule](const Exception& row) { return row.rule == rule; });
  if (found == exceptions.end()) return std::nullopt;
  found->asked = true;
  return std::string(found->answer);
}

}  // namespace contract
