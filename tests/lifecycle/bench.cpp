#include "tests/lifecycle/bench.h"

#include <filesystem>
#include <set>
#include <sstream>

#include "actions/machine/simulated/posix_host_files.h"
#include "journal/reader.h"
#include "package/builder.h"

namespace lifecycle {
namespace {

namespace fs = std::filesystem;

std::multiset<std::string> lines_of(const std::string& text) {
  std::multiset<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    lines.insert(line);
  return lines;
}

}  // namespace

testing::AssertionResult same(const std::string& before, const std::string& after) {
  if (before == after) return testing::AssertionSuccess();
  testing::AssertionResult differs = testing::AssertionFailure();
  const auto old_lines = lines_of(before);
  const auto new_lines = lines_of(after);
  for (const std::string& line : old_lines)
    if (new_lines.count(line) < old_lines.count(line)) differs << "\n- " << line;
  for (const std::string& line : new_lines)
    if (old_lines.count(line) < new_lines.count(line)) differs << "\n+ " << line;
  return differs;
}

std::vector<Step> update_steps(const std::string& from, const std::string& to) {
  return {{from, "disable"}, {to, "update"}, {from, "uninstall"}, {to, "install"}, {to, "enable"}};
}

Bench::Bench(const std::string& plugins) : agent_(vm_, plugins) {
  const fs::path image = vm_.drive("WindowsAzure/ProxyAgent/Package/GuestProxyAgent.exe");
  fs::create_directories(image.parent_path());
  fs::copy_file(EBPF_TEST_BIN "/GuestProxyAgent.exe", image);
  EXPECT_EQ(vm_.run({"sc", "create", "GuestProxyAgent", "start=", "auto",
                     "binPath=", R"(C:\WindowsAzure\ProxyAgent\Package\GuestProxyAgent.exe)"})
                .code,
            0);
  EXPECT_EQ(vm_.run({"sc", "start", "GuestProxyAgent"}).code, 0);
}

std::string Bench::package(const std::string& payload, const std::string& handler) {
  machine::simulated::PosixHostFiles host;
  package::BuildRequest request;
  request.payload = std::string(EBPF_TEST_PAYLOADS) + "/" + payload;
  request.handler = handler;
  request.version = *package::parse_handler_version(payload + ".1");
  request.out = (folder_.path() / "packages").string();
  const auto built = package::build_package(host, request);
  agent_.extract(built.zip, payload + ".1");
  return payload + ".1";
}

void Bench::succeeds(const Call& call) {
  EXPECT_EQ(call.ended.code, 0) << call.command << " " << call.version << ": " << call.ended.out
                                << call.ended.err;
}

void Bench::fails(const Call& call, int code) {
  EXPECT_EQ(call.ended.code, code & 0xFF)
      << call.command << " " << call.version << ": " << call.ended.out << call.ended.err;
}

void Bench::expect_running(const std::vector<std::string>& services) const {
  for (const std::string& service : services)
    EXPECT_EQ(vm_.state(service), "RUNNING") << service;
}

void Bench::expect_installed(const std::string& version, const std::string& folder) const {
  const fs::path bin = agent_.package(version) / "bin";
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
