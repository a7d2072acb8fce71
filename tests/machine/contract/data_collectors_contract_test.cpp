#include "actions/machine/data_collectors.h"
#include "tests/machine/contract/machine_contract.h"

namespace contract {
namespace {

constexpr const char* kSet = "ebpf_contract";
constexpr std::int64_t kNotFound = 0x80300002;
constexpr std::int64_t kInUse = 0x803000AA;

// A set with one trace of the kernel's memory provider, which writes little.
constexpr const char* kXml = R"(<?xml version="1.0" encoding="UTF-16"?>
<DataCollectorSet>
  <Name>ebpf_contract</Name>
  <RootPath>%systemdrive%\PerfLogs\Admin\ebpf_contract</RootPath>
  <TraceDataCollector>
    <DataCollectorType>1</DataCollectorType>
    <Name>trace</Name>
    <FileName>trace</FileName>
    <SessionName>ebpf_contract</SessionName>
    <TraceDataProvider>
      <Guid>{394F321C-5CF4-404C-AA34-4DF1428A7F9C}</Guid>
    </TraceDataProvider>
  </TraceDataCollector>
</DataCollectorSet>
)";

TEST_P(DataCollectorsContract, A_missing_set_is_nothing_and_removing_it_succeeds) {
  EXPECT_FALSE(data_collectors().get(kSet));
  data_collectors().remove(kSet);
  EXPECT_EQ(code_of([&] { data_collectors().start(kSet); }),
            answer(rule::kPerformanceLogs, kNotFound));
  EXPECT_EQ(code_of([&] { data_collectors().stop(kSet); }),
            answer(rule::kPerformanceLogs, kNotFound));
}

TEST_P(DataCollectorsContract, A_set_is_found_without_case_starts_stops_and_goes) {
  EXPECT_EQ(code_of([&] { data_collectors().put(kSet, kXml); }),
            answer(rule::kPerformanceLogs, -1));
  if (!keeps(rule::kPerformanceLogs)) {
    EXPECT_FALSE(data_collectors().get(kSet));
    return;
  }
  const auto defined = data_collectors().get("EBPF_contract");
  ASSERT_TRUE(defined);
  EXPECT_FALSE(defined->running);
  data_collectors().stop(kSet);  // does not run: success
  data_collectors().start(kSet);
  EXPECT_TRUE(data_collectors().get(kSet)->running);
  EXPECT_EQ(code_of([&] { data_collectors().start(kSet); }), kInUse);
  EXPECT_EQ(code_of([&] { data_collectors().remove(kSet); }), kInUse);
  data_collectors().stop(kSet);
  EXPECT_EQ(data_collectors().get(kSet), defined);
  data_collectors().remove(kSet);
  data_collectors().put(kSet, defined->xml);  // as it was read back
  EXPECT_EQ(data_collectors().get(kSet), defined);
  data_collectors().remove(kSet);
  EXPECT_FALSE(data_collectors().get(kSet));
}

}  // namespace
}  // namespace contract
