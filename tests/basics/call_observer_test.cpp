#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "actions/machine/call_observer.h"
#include "actions/machine/data_collectors.h"
#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/processes.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "errors/failure.h"

namespace machine {
namespace {

using errors::ExitCode;
using errors::Failure;

// Counts the calls that arrive; throws from each while told to.
struct Arrivals {
  int count = 0;
  bool failing = false;

  template <typename Result = int>
  Result made(Result result = {}) {
    ++count;
    if (failing) throw Failure(ExitCode::kGeneric, "machine", "do it");
    return result;
  }
};

using Text = std::string_view;
using Name = const std::string&;

struct FakeFiles final : Files {
  explicit FakeFiles(Arrivals& a) : arrivals(a) {}
  std::optional<FileInfo> stat(Text) override { return arrivals.made(FileInfo{}); }
  std::vector<std::string> list(Text) override {
    return arrivals.made(std::vector{std::string("x")});
  }
  std::string read(Text, std::uint64_t) override { return arrivals.made(std::string("content")); }
  std::string sha256(Text) override { return arrivals.made(std::string("hash")); }
  std::optional<machine::PeVersion> version(Text) override {
    arrivals.made();
    return {};
  }
  std::optional<std::string> other_writer(Text, const std::vector<std::string>&) override {
    arrivals.made();
    return {};
  }
  void create_folder(Text) override { arrivals.made(); }
  std::optional<std::string> create_private_folder(Text) override {
    arrivals.made();
    return {};
  }
  void remove_folder(Text) override { arrivals.made(); }
  CopiedFile copy_in(Name, Text) override { return arrivals.made(CopiedFile{7, "hash", "id"}); }
  void write(Text, Text) override { arrivals.made(); }
  void rename(Text, Text) override { arrivals.made(); }
  void remove(Text) override { arrivals.made(); }
  void remove_at_boot(Text) override { arrivals.made(); }
  void set_readonly(Text, bool) override { arrivals.made(); }
  void sync(std::span<const std::string>) override { arrivals.made(); }
  std::uint64_t free_bytes(Text) override { return arrivals.made(std::uint64_t{42}); }
  std::string native_path(Text) override { return arrivals.made(std::string("/native")); }
  Arrivals& arrivals;
};

struct FakeHostFiles final : HostFiles {
  explicit FakeHostFiles(Arrivals& a) : arrivals(a) {}
  std::optional<FileInfo> stat(Name) override { return arrivals.made(FileInfo{}); }
  std::vector<std::string> list(Name) override {
    arrivals.made();
    return {};
  }
  std::string read(Name, std::uint64_t) override { return arrivals.made(std::string("content")); }
  std::string sha256(Name) override { return arrivals.made(std::string("hash")); }
  std::optional<machine::PeVersion> version(Name) override {
    arrivals.made();
    return {};
  }
  void replace(Name, Text, Name) override { arrivals.made(); }
  void create_folder(Name) override { arrivals.made(); }
  void remove(const std::string&) override { arrivals.made(); }
  void check_writable(Name) override { arrivals.made(); }
  Arrivals& arrivals;
};

struct FakeServices final : Services {
  explicit FakeServices(Arrivals& a) : arrivals(a) {}
  std::optional<ServiceConfig> config(Text) override {
    arrivals.made();
    return {};
  }
  std::optional<ServiceStatus> status(Text) override {
    arrivals.made();
    return {};
  }
  void create(Text, const ServiceConfig&) override { arrivals.made(); }
  void change(Text, const ServiceConfig&) override { arrivals.made(); }
  void remove(Text) override { arrivals.made(); }
  void start(Text) override { arrivals.made(); }
  void stop(Text) override { arrivals.made(); }
  std::vector<std::string> active_dependents(Text) override {
    arrivals.made();
    return {};
  }
  bool process_alive(std::uint32_t) override { return arrivals.made(true); }
  Arrivals& arrivals;
};

struct FakeRegistry final : Registry {
  explicit FakeRegistry(Arrivals& a) : arrivals(a) {}
  std::optional<RegistryValue> get(Text, Text) override {
    arrivals.made();
    return {};
  }
  void set(Text, Text, const RegistryValue&) override { arrivals.made(); }
  void remove_value(Text, Text) override { arrivals.made(); }
  std::vector<RegistryKeyContent> subtree(Text) override {
    arrivals.made();
    return {};
  }
  void remove_key(Text) override { arrivals.made(); }
  Arrivals& arrivals;
};

struct FakeTasks final : Tasks {
  explicit FakeTasks(Arrivals& a) : arrivals(a) {}
  std::optional<ScheduledTask> get(Text) override {
    arrivals.made();
    return {};
  }
  void put(Text, Text) override { arrivals.made(); }
  void remove(Text) override { arrivals.made(); }
  void set_enabled(Text, bool) override { arrivals.made(); }
  Arrivals& arrivals;
};

struct FakeDataCollectors final : DataCollectors {
  explicit FakeDataCollectors(Arrivals& a) : arrivals(a) {}
  std::optional<DataCollectorSet> get(Text) override {
    arrivals.made();
    return {};
  }
  void put(Text, Text) override { arrivals.made(); }
  void start(Text) override { arrivals.made(); }
  void stop(Text) override { arrivals.made(); }
  void remove(Text) override { arrivals.made(); }
  Arrivals& arrivals;
};

struct FakeProcesses final : Processes {
  explicit FakeProcesses(Arrivals& a) : arrivals(a) {}
  std::uint32_t run(Text, std::span<const std::string>, std::int64_t) override {
    return arrivals.made(3U);
  }
  Arrivals& arrivals;
};

struct FakeSystem final : System {
  explicit FakeSystem(Arrivals& a) : arrivals(a) {}
  std::int64_t utc_ms() override { return arrivals.made(std::int64_t{1}); }
  std::int64_t monotonic_ms() override { return arrivals.made(std::int64_t{2}); }
  void wait_ms(std::int64_t milliseconds) override {
    arrivals.made();
    waited_ms += milliseconds;
  }
  std::string machine_id() override { return arrivals.made(std::string("machine")); }
  std::string boot_id() override { return arrivals.made(std::string("boot")); }
  int os_build() override { return arrivals.made(20348); }
  std::string architecture() override { return arrivals.made(std::string("x64")); }
  std::string system_root() override { return arrivals.made(std::string("C:\\Windows")); }
  std::string program_files() override { return arrivals.made(std::string("C:\\P")); }
  std::string program_data() override { return arrivals.made(std::string("C:\\D")); }
  void flush() override { arrivals.made(); }
  void announce_environment() override { arrivals.made(); }
  Arrivals& arrivals;
  std::int64_t waited_ms = 0;
};

struct FakeMachine final : Machine {
  Files& files() override { return fake_files; }
  Services& services() override { return fake_services; }
  Registry& registry() override { return fake_registry; }
  Tasks& tasks() override { return fake_tasks; }
  DataCollectors& data_collectors() override { return fake_data_collectors; }
  Processes& processes() override { return fake_processes; }
  System& system() override { return fake_system; }
  HostFiles& host() override { return fake_host; }

  Arrivals arrivals;
  FakeFiles fake_files{arrivals};
  FakeServices fake_services{arrivals};
  FakeRegistry fake_registry{arrivals};
  FakeTasks fake_tasks{arrivals};
  FakeDataCollectors fake_data_collectors{arrivals};
  FakeProcesses fake_processes{arrivals};
  FakeSystem fake_system{arrivals};
  FakeHostFiles fake_host{arrivals};
};

// Writes down what it is told; throws once it was told `fail_at` things.
struct RecordingObserver final : CallObserver {
  void before(const Call& call) override { told("before", call); }
  void after(const Call& call) override { told("after", call); }

  void told(const std::string& moment, const Call& call) {
    lines.push_back(moment + " " + std::string(call.name) + " [" + call.object + "]");
    if (lines.size() == fail_at) throw Failure(ExitCode::kDiskFull, "observer", "go on");
  }

  std::vector<std::string> lines;
  std::size_t fail_at = 0;
};

struct InterfaceCall {
  std::string name;
  std::string object;
  std::function<void(Machine&)> make;
};

// Every call of the machine's interface of which the observer is told. A new call gets a line here.
std::vector<InterfaceCall> told_calls() {
  static const std::vector<std::string> kPaths{"C:\\a", "C:\\b", "C:\\c"};
  return {
      {"files.stat", "C:\\a", [](Machine& m) { m.files().stat("C:\\a"); }},
      {"files.list", "C:\\a", [](Machine& m) { m.files().list("C:\\a"); }},
      {"files.read", "C:\\a", [](Machine& m) { m.files().read("C:\\a", 9); }},
      {"files.sha256", "C:\\a", [](Machine& m) { m.files().sha256("C:\\a"); }},
      {"files.version", "C:\\a", [](Machine& m) { m.files().version("C:\\a"); }},
      {"files.other_writer", "C:\\a", [](Machine& m) { m.files().other_writer("C:\\a", {}); }},
      {"files.create_folder", "C:\\a", [](Machine& m) { m.files().create_folder("C:\\a"); }},
      {"files.create_private_folder", "C:\\a",
       [](Machine& m) { m.files().create_private_folder("C:\\a"); }},
      {"files.remove_folder", "C:\\a", [](Machine& m) { m.files().remove_folder("C:\\a"); }},
      {"files.copy_in", "C:\\a", [](Machine& m) { m.files().copy_in("/host", "C:\\a"); }},
      {"files.write", "C:\\a", [](Machine& m) { m.files().write("C:\\a", "text"); }},
      {"files.rename", "C:\\a", [](Machine& m) { m.files().rename("C:\\a", "C:\\b"); }},
      {"files.remove", "C:\\a", [](Machine& m) { m.files().remove("C:\\a"); }},
      {"files.remove_at_boot", "C:\\a", [](Machine& m) { m.files().remove_at_boot("C:\\a"); }},
      {"files.set_readonly", "C:\\a", [](Machine& m) { m.files().set_readonly("C:\\a", true); }},
      {"files.sync", "C:\\a and 2 more", [](Machine& m) { m.files().sync(kPaths); }},
      {"files.free_bytes", "C:\\a", [](Machine& m) { m.files().free_bytes("C:\\a"); }},
      {"host.stat", "/a", [](Machine& m) { m.host().stat("/a"); }},
      {"host.list", "/a", [](Machine& m) { m.host().list("/a"); }},
      {"host.read", "/a", [](Machine& m) { m.host().read("/a", 9); }},
      {"host.sha256", "/a", [](Machine& m) { m.host().sha256("/a"); }},
      {"host.version", "/a", [](Machine& m) { m.host().version("/a"); }},
      {"host.replace", "/a", [](Machine& m) { m.host().replace("/a", "text", "/s"); }},
      {"host.remove", "/a", [](Machine& m) { m.host().remove("/a"); }},
      {"host.create_folder", "/a", [](Machine& m) { m.host().create_folder("/a"); }},
      {"host.check_writable", "/a", [](Machine& m) { m.host().check_writable("/a"); }},
      {"services.config", "S", [](Machine& m) { m.services().config("S"); }},
      {"services.status", "S", [](Machine& m) { m.services().status("S"); }},
      {"services.create", "S", [](Machine& m) { m.services().create("S", {}); }},
      {"services.change", "S", [](Machine& m) { m.services().change("S", {}); }},
      {"services.remove", "S", [](Machine& m) { m.services().remove("S"); }},
      {"services.start", "S", [](Machine& m) { m.services().start("S"); }},
      {"services.stop", "S", [](Machine& m) { m.services().stop("S"); }},
      {"services.active_dependents", "S", [](Machine& m) { m.services().active_dependents("S"); }},
      {"services.process_alive", "7", [](Machine& m) { m.services().process_alive(7); }},
      {"registry.get", "HKLM\\K\\V", [](Machine& m) { m.registry().get("HKLM\\K", "V"); }},
      {"registry.set", "HKLM\\K\\V", [](Machine& m) { m.registry().set("HKLM\\K", "V", {}); }},
      {"registry.remove_value", "HKLM\\K\\V",
       [](Machine& m) { m.registry().remove_value("HKLM\\K", "V"); }},
      {"registry.subtree", "HKLM\\K", [](Machine& m) { m.registry().subtree("HKLM\\K"); }},
      {"registry.remove_key", "HKLM\\K", [](Machine& m) { m.registry().remove_key("HKLM\\K"); }},
      {"tasks.get", "\\T", [](Machine& m) { m.tasks().get("\\T"); }},
      {"tasks.put", "\\T", [](Machine& m) { m.tasks().put("\\T", "<Task/>"); }},
      {"tasks.remove", "\\T", [](Machine& m) { m.tasks().remove("\\T"); }},
      {"tasks.set_enabled", "\\T", [](Machine& m) { m.tasks().set_enabled("\\T", true); }},
      {"data_collectors.get", "S", [](Machine& m) { m.data_collectors().get("S"); }},
      {"data_collectors.put", "S", [](Machine& m) { m.data_collectors().put("S", "<X/>"); }},
      {"data_collectors.start", "S", [](Machine& m) { m.data_collectors().start("S"); }},
      {"data_collectors.stop", "S", [](Machine& m) { m.data_collectors().stop("S"); }},
      {"data_collectors.remove", "S", [](Machine& m) { m.data_collectors().remove("S"); }},
      {"processes.run", "C:\\a", [](Machine& m) { m.processes().run("C:\\a", {}, 9); }},
      {"system.wait_ms", "250", [](Machine& m) { m.system().wait_ms(250); }},
      {"system.machine_id", "", [](Machine& m) { m.system().machine_id(); }},
      {"system.boot_id", "", [](Machine& m) { m.system().boot_id(); }},
      {"system.os_build", "", [](Machine& m) { m.system().os_build(); }},
      {"system.architecture", "", [](Machine& m) { m.system().architecture(); }},
      {"system.flush", "", [](Machine& m) { m.system().flush(); }},
      {"system.announce_environment", "", [](Machine& m) { m.system().announce_environment(); }},
  };
}

TEST(ObservedMachine, Every_call_is_told_before_and_after_and_made_once) {
  for (const InterfaceCall& call : told_calls()) {
    FakeMachine inner;
    RecordingObserver observer;
    call.make(*observe(inner, observer));
    const std::string told = call.name + " [" + call.object + "]";
    EXPECT_EQ(observer.lines, (std::vector{"before " + told, "after " + told}));
    EXPECT_EQ(inner.arrivals.count, 1) << call.name;
  }
}

TEST(ObservedMachine, A_tap_that_throws_before_keeps_the_call_from_being_made) {
  for (const InterfaceCall& call : told_calls()) {
    FakeMachine inner;
    RecordingObserver observer;
    observer.fail_at = 1;
    EXPECT_THROW(call.make(*observe(inner, observer)), Failure) << call.name;
    EXPECT_EQ(inner.arrivals.count, 0) << call.name;
  }
}

TEST(ObservedMachine, A_tap_that_throws_after_reports_a_failure_of_a_call_that_was_made) {
  for (const InterfaceCall& call : told_calls()) {
    FakeMachine inner;
    RecordingObserver observer;
    observer.fail_at = 2;
    EXPECT_THROW(call.make(*observe(inner, observer)), Failure) << call.name;
    EXPECT_EQ(inner.arrivals.count, 1) << call.name;
  }
}

TEST(ObservedMachine, A_call_that_fails_is_not_told_as_done) {
  for (const InterfaceCall& call : told_calls()) {
    FakeMachine inner;
    inner.arrivals.failing = true;
    RecordingObserver observer;
    EXPECT_THROW(call.make(*observe(inner, observer)), Failure) << call.name;
    EXPECT_EQ(observer.lines.size(), 1U) << call.name;
  }
}

TEST(ObservedMachine, Clocks_and_pure_text_are_not_told) {
  FakeMachine inner;
  RecordingObserver observer;
  const auto machine = observe(inner, observer);
  EXPECT_EQ(machine->system().utc_ms(), 1);
  EXPECT_EQ(machine->system().monotonic_ms(), 2);
  EXPECT_EQ(machine->system().system_root(), "C:\\Windows");
  EXPECT_EQ(machine->system().program_files(), "C:\\P");
  EXPECT_EQ(machine->system().program_data(), "C:\\D");
  EXPECT_EQ(machine->files().native_path("C:\\a"), "/native");
  EXPECT_EQ(inner.arrivals.count, 6);
  EXPECT_TRUE(observer.lines.empty());
}

TEST(ObservedMachine, A_wait_that_is_hurried_ends_earlier_and_the_clock_shows_all_of_it) {
  struct Hurry final : CallObserver {
    void before(const Call&) override {}
    void after(const Call&) override {}
    std::int64_t hurried(std::int64_t wait_ms) override { return wait_ms / 10; }
  };
  FakeMachine inner;
  Hurry observer;
  const auto machine = observe(inner, observer);
  machine->system().wait_ms(1000);
  EXPECT_EQ(inner.fake_system.waited_ms, 100);
  EXPECT_EQ(machine->system().monotonic_ms(), inner.system().monotonic_ms() + 900);
}

TEST(ObservedMachine, Answers_come_through_unchanged) {
  FakeMachine inner;
  RecordingObserver observer;
  const auto machine = observe(inner, observer);
  EXPECT_EQ(machine->files().read("C:\\a", 9), "content");
  EXPECT_EQ(machine->files().list("C:\\a"), std::vector<std::string>{"x"});
  EXPECT_EQ(machine->files().free_bytes("C:\\a"), 42U);
  EXPECT_EQ(machine->files().copy_in("/host", "C:\\a").id, "id");
  EXPECT_EQ(machine->system().os_build(), 20348);
  EXPECT_TRUE(machine->services().process_alive(7));
  EXPECT_EQ(machine->processes().run("C:\\a", {}, 9), 3U);
}

}  // namespace
}  // namespace machine
