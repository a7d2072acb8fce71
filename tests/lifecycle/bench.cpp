#include "tests/lifecycle/bench.h"

#include <unistd.h>

#include <filesystem>

#include "actions/machine/simulated/disk/posix_host_files.h"
#include "journal/reader.h"
#include "package/release/builder.h"
#include "tests/lab/temporary_folder.h"
#include "tests/lab/update_commands.h"

namespace lifecycle {
namespace {

namespace fs = std::filesystem;

std::string changed(const fs::path& path) {
  return std::to_string(fs::last_write_time(path).time_since_epoch().count());
}

// The ZIP of that payload with the handler. Made by the first test that needs it, and again when
// one of the two has changed.
std::string zip_of(const std::string& payload, const std::string& handler) {
  package::release::BuildRequest request;
  request.payload = std::string(EBPF_TEST_PAYLOADS) + "/" + payload;
  request.handler = handler;
  request.version = *package::parse_handler_version(payload + ".1");
  const fs::path made = fs::path(EBPF_TEST_BIN).parent_path() / "lifecycle-packages" /
                        (payload + "-" + changed(request.payload) + "-" +
                         fs::path(handler).stem().string() + "-" + changed(handler));
  if (!fs::exists(made)) {
    const fs::path making = made.string() + ".making-" + std::to_string(::getpid());
    request.out = making.string();
    machine::simulated::disk::PosixHostFiles host;
    package::release::build_package(host, request);
    std::error_code of_who_was_later;
    fs::rename(making, made, of_who_was_later);
    if (of_who_was_later) fs::remove_all(making);
  }
  return fs::directory_iterator(made)->path().string();
}

}  // namespace

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
  vm_agent_.extract(zip_of(payload, handler), payload + ".1");
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
