// The program ebpf-package as people run it.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>

#include "tests/package/package_folder.h"

namespace package {
namespace {

struct Outcome {
  int code;
  std::string output;  // of both streams
};

Outcome run(const TestFolder& folder, const std::string& arguments) {
  const std::string command = std::string(EBPF_TEST_BIN) + "/ebpf-package " + arguments + " >" +
                              folder / "output" + " 2>&1";
  const int status = std::system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(folder.path() / "output")};
}

std::string build_arguments(const TestFolder& folder, const std::string& version) {
  write_file(folder.path() / "handler", "a program");
  return "build --payload " + payload_of("1.0.0") + " --handler " + folder / "handler" +
         " --version " + version + " --out " + folder / "out";
}

TEST(EbpfPackage, It_builds_a_ZIP_and_checks_it) {
  const TestFolder folder;
  const Outcome built = run(folder, build_arguments(folder, "1.0.0.3"));
  EXPECT_EQ(built.code, 0) << built.output;
  EXPECT_NE(built.output.find("EbpfForWindows.1.0.0.3.zip"), std::string::npos) << built.output;
  EXPECT_NE(built.output.find("21 files"), std::string::npos) << built.output;
  EXPECT_NE(built.output.find("sha256"), std::string::npos) << built.output;

  const Outcome checked = run(folder, "check " + folder / "out/*.zip");
  EXPECT_EQ(checked.code, 0) << checked.output;
  EXPECT_NE(checked.output.find("eBPF for Windows 1.0.0, x64"), std::string::npos);
}

TEST(EbpfPackage, A_refusal_is_exit_code_1_with_a_sentence_and_an_advice) {
  const TestFolder folder;
  const Outcome refused = run(folder, build_arguments(folder, "9.9.9.9"));
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.output.find("is of version 1.0.0"), std::string::npos) << refused.output;
  EXPECT_NE(refused.output.find("Give --version 1.0.0.1 "), std::string::npos) << refused.output;
  const Outcome damaged = run(folder, "check " + folder / "handler");
  EXPECT_EQ(damaged.code, 1);
  EXPECT_NE(damaged.output.find("Download the package again"), std::string::npos);
}

TEST(EbpfPackage, Wrong_usage_is_exit_code_2) {
  const TestFolder folder;
  for (const char* arguments : {"", "build", "unknown", "check", "check a b", "build --wrong"}) {
    EXPECT_EQ(run(folder, arguments).code, 2) << arguments;
  }
  for (const char* version : {"1.0.0", "1.0.0.x", "../1", "1.0.0.65536"}) {
    EXPECT_EQ(run(folder, build_arguments(folder, version)).code, 2) << version;
  }
  EXPECT_EQ(run(folder, "--help").code, 0);
}

}  // namespace
}  // namespace package
