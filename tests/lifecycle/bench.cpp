#include "tests/lifecycle/bench.h"

#include <filesystem>

#include "journal/reader.h"
#include "tests/lab/package_zip.h"
#include "tests/lab/temporary_folder.h"
#include "tests/lab/update_commands.h"

namespace lifecycle {

namespace fs = std::filesystem;

std::vector<Step> update_steps(const std::string& from, const std::string& to) {
  std::vector<Step> steps;
  for (const lab::UpdateCommand& row : lab::kUpdateCommands)
    steps.push_back({row.handler == lab::Handler::kOld ? from : to, std::string(row.name)});
  return steps;
}

Bench::Bench(const std::string& plugins) : vm_agent_(vm_, plugins) {
  vm_agent_.hurry(10);
  const fs::path image = vm_.drive("WindowsAzure/ProxyAgent/Package/GuestProxyAgent.exe");
  fs::create_directories(image.parent_path());
  fs::copy_file(EBPF_TEST_BIN "/GuestProxyAgent.exe", image);
  vm_.ask({"create", "GuestProxyAgent", "own",
           R"(C:\WindowsAzure\ProxyAgent\Package\GuestProxyAgent.exe)", "start",
           "GuestProxyAgent"});
}

std::string Bench::package(const std::string& payload, const std::string& handler) {
  vm_agent_.extract(lab::package_zip(payload, handler), payload + ".1");
  return payload + ".1";
}

void Bench::succeeds(const Call& call) {
  EXPECT_EQ(call.ended.code, 0) << call.command << " " << call.version << ": " << call.ended.out
                                << call.ended.err;
}

void Bench::fails(const Call& call, int code) {
  EXPECT_EQ(call.ended.code, code)
      << call.command << " " << call.version << ": " << call.ended.out << call.ended.err;
}

void Bench::expect_running(const std::vector<std::string>& services) const {
  std::vector<std::string> words;
  std::string all_run;
  for (const std::string& service : services) {
    words.insert(words.end(), {"state", service});
    all_run += "RUNNING\n";
  }
  EXPECT_EQ(vm_.ask(words), all_run) << testing::PrintToString(services);
}

void Bench::expect_installed(const std::string& version, const std::string& folder) const {
  const fs::path bin = vm_agent_.package(version) / "bin";
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(bin)) {
    if (!entry.is_regular_file()) continue;
    const fs::path name = fs::relative(entry.path(), bin);
    EXPECT_TRUE(lab::read_file(entry.path()) == lab::read_file(vm_.drive(folder) / name)) << name;
    ++files;
  }
  EXPECT_GT(files, 10);
}

std::string Bench::snapshot() const { return vm_.snapshot(kInstallFolder); }

journal::Transaction Bench::last_transaction() const {
  const lab::TemporaryFolder copy;
  for (const auto& entry : fs::directory_iterator(vm_.drive(kJournalFolder)))
    if (entry.path().filename().string().starts_with("journal.db"))
      fs::copy_file(entry.path(), copy.path() / entry.path().filename());
  return journal::Reader((copy.path() / "journal.db").string()).transactions().back();
}

}  // namespace lifecycle
