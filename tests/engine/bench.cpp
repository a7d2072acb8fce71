#include "tests/engine/bench.h"

#include <csignal>

#include "actions/machine/fault_observer.h"
#include "actions/machine/simulated/simulated_machine.h"
#include "engine/commands/commands.h"
#include "journal/reader.h"
#include "tests/world/oracle.h"

namespace engine {

handler::Reply Bench::fails(commands::Command command, ExitCode code,
                            const lab::Package& package) const {
  const handler::Reply reply = vm_.run(command, package);
  EXPECT_EQ(static_cast<int>(reply.code), static_cast<int>(code))
      << text(reply) << vm_.journal_text();
  return reply;
}

handler::Reply Bench::refuses(commands::Command command, ExitCode code, const std::string& object,
                              const lab::Package& package) const {
  const std::string before = vm_.snapshot();
  const handler::Reply reply = fails(command, code, package);
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_THAT(reply.lines, testing::Contains(testing::HasSubstr(object)));
  EXPECT_THAT(reply.lines, testing::Contains(testing::ContainsRegex("^What to do: .")));
  return reply;
}

void Bench::killed(commands::Command command, const std::string& at,
                   const lab::Package& package) const {
  machine::FaultObserver observer(machine::fault_from(at));
  EXPECT_EQ(vm_.run_in_child(command, package, &observer), -SIGKILL) << at;
}

handler::Reply Bench::with_fault(commands::Command command, const std::string& fault,
                                 const lab::Package& package) const {
  machine::FaultObserver observer(machine::fault_from(fault));
  handler::Reply reply = vm_.run(command, package, &observer);
  EXPECT_TRUE(observer.happened()) << fault;
  return reply;
}

void Bench::enabled() const {
  must(commands::Command::kInstall);
  must(commands::Command::kEnable);
  vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
}

lab::Package Bench::package(const std::string& version) const {
  return {folder_.path() / ("extension-" + version), version};
}

std::string Bench::text(const handler::Reply& reply) { return world::joined(reply.lines); }

nlohmann::json Bench::service(const std::string& name) const {
  const nlohmann::json services = vm_.snapshot_json().at("services");
  return services.contains(name) ? services.at(name) : nlohmann::json(nlohmann::json::object());
}

std::uint32_t Bench::process(const std::string& name) const {
  machine::simulated::SimulatedMachine machine(vm_.folder().string());
  const auto status = machine.services().status(name);
  return status ? status->process_id : 0;
}

void Bench::behind(const std::function<void(machine::Machine&)>& what) const {
  machine::simulated::SimulatedMachine machine(vm_.folder().string());
  what(machine);
}

std::filesystem::path Bench::installed(const std::string& path) const {
  return vm_.drive("Program Files/ebpf-for-windows") / path;
}

std::filesystem::path Bench::data(const std::string& path) const {
  return vm_.drive("ProgramData/EbpfForWindows") / path;
}

void Bench::expect_all_running() const {
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"})
    EXPECT_EQ(state(name), "running") << name;
}

int Bench::journals_set_aside() const {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(data("")))
    count += entry.path().filename().string().starts_with("journal.db.damaged-") ? 1 : 0;
  return count;
}

std::vector<std::string> Bench::work_folders() const {
  std::vector<std::string> folders;
  for (const auto& entry : std::filesystem::directory_iterator(data(""))) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("txn-")) folders.push_back(name);
  }
  return folders;
}

std::vector<std::string> Bench::kinds(std::int64_t transaction) const {
  std::vector<std::string> all;
  for (const journal::Step& step : vm_.steps(transaction))
    all.push_back(step.kind + " " + step.target);
  return all;
}

std::string Bench::outcome() const {
  const auto last = vm_.last_transaction();
  return last ? std::string(journal::outcome(*last)) : "";
}

std::int64_t Bench::last_id() const {
  const auto last = vm_.last_transaction();
  return last ? last->id : 0;
}

std::string Bench::meta(const std::string& key) const {
  journal::Reader reader(vm_.journal_path().string());
  return reader.meta(key).value_or("");
}

}  // namespace engine
