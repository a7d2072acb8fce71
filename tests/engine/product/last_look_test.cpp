// An enable's last look: what it finds behind the last step decides, whatever the plan was.
#include <iostream>
#include <set>

#include "actions/machine/files.h"
#include "engine/commands/commands.h"
#include "engine/product/last_look.h"
#include "tests/engine/bench.h"
#include "tests/lab/status_check.h"
#include "tests/lab/user_check.h"

namespace engine {
namespace {

using testing::HasSubstr;

constexpr product::Occasion kOccasions[] = {product::Occasion::kEnable,
                                            product::Occasion::kRepeatedAttempt};
constexpr product::Finding kFindings[] = {
    product::Finding::kAsItShouldBe,  product::Finding::kNewer,
    product::Finding::kNotRegistered, product::Finding::kMarkedForDeletion,
    product::Finding::kElsewhere,     product::Finding::kFileMissing,
    product::Finding::kOtherVersion,  product::Finding::kGoesAtBoot,
    product::Finding::kNotRunning,    product::Finding::kNotAutomatic,
    product::Finding::kNotSeen};

constexpr const char* kInstalled = R"(C:\Program Files\ebpf-for-windows\)";

using Change = std::function<void(machine::Machine&)>;

// Somebody else, at the n-th question for EbpfCore's registration: changes the machine past the
// observer, or throws, as a call that fails does.
class Somebody final : public machine::CallObserver {
 public:
  Somebody(std::int64_t at, Change change) : at_(at), change_(std::move(change)) {}
  void before(const machine::Call& call) override {
    if (call.name != "services.config" || call.object != "EbpfCore") return;
    if (++questions == at_) change_(*machine_);
  }
  void after(const machine::Call&) override {}
  void attached_to(machine::Machine& machine) override { machine_ = &machine; }
  std::int64_t questions = 0;

 private:
  std::int64_t at_;
  Change change_;
  machine::Machine* machine_ = nullptr;
};

void end_service(machine::Machine& machine, const char* service) {
  machine.services().stop(service);
  machine.system().wait_ms(20'000);
}

void set_start_type(machine::Machine& machine, const char* service, machine::StartType start) {
  auto config = machine.services().config(service);
  config->start = start;
  machine.services().change(service, *config);
}

void point_elsewhere(machine::Machine& machine, const char* service) {
  auto config = machine.services().config(service);
  config->image = R"(C:\Elsewhere\ebpfsvc.exe)";
  machine.services().change(service, *config);
}

// A loaded image can be renamed, and another one put in its place.
void replace_image(machine::Machine& machine, const lab::Package& other, const std::string& file) {
  machine.files().rename(kInstalled + file, kInstalled + file + ".old");
  machine.files().write(kInstalled + file, lab::read_file(other.file("bin/" + file)));
}

class LastLookAt : public Bench {
 protected:
  explicit LastLookAt(const machine::simulated::VmOptions& options = {}) : Bench(options) {}

  // enable, on a machine that somebody changes right before the last look. That is the last time
  // that a command which goes well asks for EbpfCore's registration.
  handler::Reply enable_while(const lab::Vm& vm, const lab::Package& package,
                              const Change& change) const {
    Somebody counts(0, {});
    const lab::Vm clean = vm.copy_to(folder_.path() / "clean");
    EXPECT_EQ(clean.run(commands::Command::kEnable, package, &counts).code, ExitCode::kSuccess)
        << clean.journal_text();
    Somebody somebody(counts.questions, change);
    return vm.run(commands::Command::kEnable, package, &somebody);
  }
  handler::Reply enable_while(const Change& change) const {
    return enable_while(vm_, package_, change);
  }

  static nlohmann::json status_of(const lab::Package& package) {
    return package.status(0).at(0).at("status");
  }
  static std::string row_of(const lab::Package& package, const std::string& name) {
    const nlohmann::json rows = status_of(package).at("substatus");
    for (const auto& row : rows)
      if (row.at("name") == name) return row.at("status");
    return "";
  }
};

TEST(LastLookTable, Has_a_row_for_everything_and_no_row_that_nothing_reaches) {
  std::set<const product::LastLookRow*> reached;
  for (const product::Occasion occasion : kOccasions)
    for (const product::Finding finding : kFindings)
      reached.insert(&product::last_look_row(occasion, finding));
  EXPECT_EQ(reached.size(), product::last_look_table().size());
  const product::LastLookRow& unknown =
      product::last_look_row(product::Occasion::kEnable, static_cast<product::Finding>(99));
  EXPECT_EQ(unknown.word, product::LastWord::kUndone) << "what no row knows is no success";
}

TEST(LastLookTable, Says_success_only_of_what_is_as_it_should_be) {
  for (const product::LastLookRow& row : product::last_look_table()) {
    const bool good = row.word == product::LastWord::kGood;
    EXPECT_EQ(row.status == "success", good);
    EXPECT_EQ(row.status == "error", !good);
    EXPECT_EQ(row.finding == product::Finding::kAsItShouldBe ||
                  row.finding == product::Finding::kNewer,  // its row in the status is a warning
              good);
    EXPECT_EQ(row.code != ExitCode::kSuccess, row.word == product::LastWord::kUndone);
  }
}

class LastLookRows : public LastLookAt {
 protected:
  void SetUp() override {
    must(commands::Command::kInstall);
    vm_.set("service:eBPFSvc", {"held-open"});  // for the row of what is marked for deletion
  }

  const lab::Package other_ = package("1.1.0");

  // What somebody does for a row to be met.
  Change change_for(std::optional<product::Finding> finding) const {
    if (!finding)
      return [](machine::Machine&) {
        throw errors::Failure(ExitCode::kGeneric, "EbpfCore", "look at service EbpfCore",
                              {"OpenService", 5, "Access is denied."});
      };
    switch (*finding) {
      case product::Finding::kAsItShouldBe:
        return [](machine::Machine&) {};
      case product::Finding::kNewer:
        return [this](machine::Machine& m) {
          for (const char* file : {"drivers/eBPFCore.sys", "drivers/NetEbpfExt.sys", "ebpfsvc.exe"})
            replace_image(m, other_, file);
        };
      case product::Finding::kNotRegistered:
        return [this](machine::Machine& m) {
          vm_.set("service:eBPFSvc", {"clear"});
          end_service(m, "eBPFSvc");
          m.services().remove("eBPFSvc");
        };
      case product::Finding::kMarkedForDeletion:
        return [](machine::Machine& m) {
          end_service(m, "eBPFSvc");
          m.services().remove("eBPFSvc");
        };
      case product::Finding::kElsewhere:
        return [](machine::Machine& m) { point_elsewhere(m, "eBPFSvc"); };
      case product::Finding::kFileMissing:
        return [](machine::Machine& m) {
          m.files().rename(std::string(kInstalled) + "ebpfsvc.exe", R"(C:\ebpfsvc.exe)");
        };
      case product::Finding::kOtherVersion:
        return [this](machine::Machine& m) { replace_image(m, other_, "drivers/NetEbpfExt.sys"); };
      case product::Finding::kGoesAtBoot:
        return [](machine::Machine& m) {
          m.files().remove_at_boot(std::string(kInstalled) + "ebpfapi.dll");
        };
      case product::Finding::kNotRunning:
        return [](machine::Machine& m) { end_service(m, "eBPFSvc"); };
      case product::Finding::kNotAutomatic:
        return [](machine::Machine& m) {
          set_start_type(m, "NetEbpfExt", machine::StartType::kDemand);
        };
      case product::Finding::kNotSeen:
        break;
    }
    ADD_FAILURE() << "no scene for a row";
    return {};
  }

  static void print(const product::LastLookRow& row, const std::string& status, int code,
                    const std::string& outcome) {
    std::cout << "[ row      ] " << (row.occasion ? to_text(*row.occasion) : "any") << ", "
              << (row.finding ? to_text(*row.finding) : "everything else") << ": "
              << to_text(row.word) << "; status " << status << ", code " << code << ", journal "
              << outcome << "\n";
  }
};

TEST_F(LastLookRows, Each_ends_as_it_says_and_with_its_status) {
  const lab::Vm base = vm_.copy_to(folder_.path() / "base");
  for (const product::LastLookRow& row : product::last_look_table()) {
    if (row.word == product::LastWord::kTold) continue;  // the next test
    SCOPED_TRACE(row.finding ? to_text(*row.finding) : "everything else");
    vm_ = base.copy_to(folder_.path() / "row");
    const handler::Reply reply = enable_while(change_for(row.finding));
    const auto status = status_of(package_);
    print(row, status.at("status"), static_cast<int>(reply.code), outcome());
    EXPECT_EQ(reply.code, row.code) << text(reply);
    EXPECT_EQ(status.at("status"), row.status);
    EXPECT_EQ(status.at("code"), static_cast<int>(row.code));
    const bool good = row.word == product::LastWord::kGood;
    EXPECT_EQ(outcome() == "committed", good) << vm_.journal_text();
    EXPECT_EQ(state("EbpfCore"), good ? "running" : "stopped") << vm_.journal_text();
    EXPECT_EQ(start_type("EbpfCore"), good ? "automatic" : "demand");
    EXPECT_EQ(state("GuestProxyAgent"), "running");
    if (!good) {
      EXPECT_THAT(text(reply), HasSubstr("in its last look, while enabling 1.0.0"));
      EXPECT_THAT(reply.lines, testing::Contains(testing::ContainsRegex("^What to do: .")));
    }
  }
}

// An enable that repeats a failed attempt never says success, and what it finds undoes nothing.
TEST_F(LastLookRows, A_repeated_attempt_is_told_and_undoes_nothing) {
  must(commands::Command::kEnable);
  const lab::Package& fresh = other_;
  EXPECT_EQ(with_fault(commands::Command::kEnable, "services.start#2:fail=577", fresh).code,
            ExitCode::kStartDriver);
  behind([](machine::Machine& m) {
    end_service(m, "eBPFSvc");
    set_start_type(m, "NetEbpfExt", machine::StartType::kDemand);
  });
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kStartDriver, fresh);
  EXPECT_THAT(text(reply), HasSubstr("577"));
  EXPECT_EQ(state("eBPFSvc"), "running") << "what of the old version did not run is started";
  EXPECT_EQ(start_type("NetEbpfExt"), "demand");
  const product::LastLookRow& row =
      product::last_look_row(product::Occasion::kRepeatedAttempt, product::Finding::kNotAutomatic);
  EXPECT_EQ(status_of(fresh).at("status"), row.status);
  print(row, status_of(fresh).at("status"), static_cast<int>(reply.code), outcome());
}

class LastLookOfAnEnable : public LastLookAt {};

TEST_F(LastLookOfAnEnable, A_file_that_is_gone_again_undoes_it) {
  must(commands::Command::kInstall);
  const handler::Reply reply = enable_while(
      [](machine::Machine& m) { m.files().remove(std::string(kInstalled) + "bpftool.exe"); });
  EXPECT_EQ(reply.code, ExitCode::kCopyFile) << text(reply);
  EXPECT_THAT(text(reply), HasSubstr("bpftool.exe"));
  EXPECT_EQ(outcome(), "undone");
  EXPECT_EQ(row_of(package_, "Files"), "error");
}

TEST_F(LastLookOfAnEnable, It_comes_also_where_there_was_nothing_to_do) {
  enabled();
  const auto proxy = process("GuestProxyAgent");
  const handler::Reply reply = enable_while(
      [](machine::Machine& m) { set_start_type(m, "NetEbpfExt", machine::StartType::kDisabled); });
  EXPECT_EQ(reply.code, ExitCode::kChangeStartType) << text(reply);
  EXPECT_THAT(text(reply), HasSubstr("its start type is disabled"));
  EXPECT_EQ(outcome(), "refused");
  EXPECT_EQ(status_of(package_).at("status"), "error");
  EXPECT_EQ(process("GuestProxyAgent"), proxy) << "nothing was touched";
  must(commands::Command::kEnable);
  EXPECT_EQ(start_type("NetEbpfExt"), "automatic");
}

TEST_F(LastLookOfAnEnable, A_question_that_fails_where_there_was_nothing_to_do_is_no_success) {
  enabled();
  const std::string before = vm_.snapshot();
  const handler::Reply reply = enable_while([](machine::Machine&) {
    throw errors::Failure(ExitCode::kGeneric, "EbpfCore", "look at service EbpfCore",
                          {"OpenService", 5, "Access is denied."});
  });
  EXPECT_EQ(reply.code, ExitCode::kGeneric) << text(reply);
  EXPECT_EQ(status_of(package_).at("status"), "error");
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
}

// What the version does not have may be registered by somebody else, and is no error of ours.
TEST_F(LastLookOfAnEnable, A_service_of_others_that_the_version_does_not_have_is_a_warning) {
  const lab::NotAsked not_asked("an eBPFSvc of others, which has our name, does not run");
  const lab::Package old = package("0.9.1");
  must(commands::Command::kInstall, old);
  behind([](machine::Machine& m) {
    machine::ServiceConfig config;
    config.type = machine::ServiceType::kOwnProcess;
    config.image = R"(C:\Other\ebpfsvc.exe)";
    m.services().create("eBPFSvc", config);
  });
  const auto others = service("eBPFSvc");
  must(commands::Command::kEnable, old);
  EXPECT_EQ(status_of(old).at("status"), "success");
  EXPECT_EQ(row_of(old, "eBPFSvc"), "warning");
  EXPECT_EQ(service("eBPFSvc"), others);
}

// Nobody waits for GuestProxyAgent here.
class WithoutProxy : public LastLookAt {
 protected:
  WithoutProxy() : LastLookAt({.gpa = machine::simulated::Gpa::kAbsent}) {}
};

TEST_F(WithoutProxy, A_driver_that_ends_right_after_its_start_undoes_the_enable) {
  must(commands::Command::kInstall);
  vm_.set("service:NetEbpfExt", {"crashes-after=0.1"});
  const std::string before = vm_.snapshot();
  const handler::Reply reply = fails(commands::Command::kEnable, ExitCode::kStartDriver);
  EXPECT_THAT(text(reply), HasSubstr("NetEbpfExt"));
  EXPECT_TRUE(lab::same_machine(before, vm_.snapshot()));
  EXPECT_EQ(outcome(), "undone");
}

// The version that goes, and that comes back.
class LastLookOfAnUpdate : public LastLookAt, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    must(commands::Command::kInstall, old_);
    must(commands::Command::kEnable, old_);
    vm_.set("service:GuestProxyAgent", {"depends=EbpfCore,NetEbpfExt"});
    before_ = vm_.snapshot();
    must(lab::UpdateSequence(old_, package_).before(commands::Command::kEnable));
  }

  lab::Package old_{folder_.path() / "extension-old", GetParam()};
  std::string before_;
};

TEST_P(LastLookOfAnUpdate, That_finds_eBPFSvc_stopped_gives_back_the_old_version_and_says_so) {
  const handler::Reply reply = enable_while([](machine::Machine& m) { end_service(m, "eBPFSvc"); });
  EXPECT_EQ(reply.code, ExitCode::kStartDriver) << text(reply);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())) << vm_.journal_text();
  const auto status = status_of(package_);
  EXPECT_EQ(status.at("status"), "error");
  EXPECT_EQ(status.at("code"), 1013);
  const std::string said = status.at("formattedMessage").at("message");
  for (const char* words :
       {"eBPFSvc", "the service is stopped", "in its last look", "All was undone"})
    EXPECT_THAT(said, HasSubstr(words));
  must(commands::Command::kEnable, old_);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
}

TEST_P(LastLookOfAnUpdate, That_finds_a_changed_start_type_gives_back_the_old_version) {
  const handler::Reply reply = enable_while(
      [](machine::Machine& m) { set_start_type(m, "EbpfCore", machine::StartType::kDemand); });
  EXPECT_EQ(reply.code, ExitCode::kChangeStartType) << text(reply);
  EXPECT_EQ(state("EbpfCore"), "running");
  EXPECT_EQ(state("GuestProxyAgent"), "running");
  EXPECT_EQ(meta("settled_version"), GetParam());
  must(commands::Command::kEnable, old_);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot()));
}

TEST_P(LastLookOfAnUpdate, That_is_not_answered_gives_back_the_old_version) {
  const handler::Reply reply = enable_while([](machine::Machine&) {
    throw errors::Failure(ExitCode::kGeneric, "EbpfCore", "look at service EbpfCore",
                          {"OpenService", 5, "Access is denied."});
  });
  EXPECT_EQ(reply.code, ExitCode::kGeneric) << text(reply);
  EXPECT_TRUE(lab::same_machine(before_, vm_.snapshot())) << vm_.journal_text();
}

INSTANTIATE_TEST_SUITE_P(From, LastLookOfAnUpdate, testing::Values("0.9.1", "1.0.0-rc1"),
                         [](const auto& from) {
                           return std::string(from.param) == "0.9.1" ? "0_9_1" : "1_0_0_rc1";
                         });

// The check that every test of the bench passes.
TEST(StatusCheck, Sees_an_error_of_what_is_vital_under_a_success_and_nothing_else) {
  const auto file = [](const std::string& status, const std::string& name, const std::string& row) {
    return nlohmann::json::array(
               {{{"status",
                  {{"status", status},
                   {"substatus", nlohmann::json::array({{{"name", name}, {"status", row}}})}}}}})
        .dump();
  };
  for (const char* name : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "Files"}) {
    EXPECT_THAT(lab::contradiction_in(file("success", name, "error")), HasSubstr(name));
    EXPECT_EQ(lab::contradiction_in(file("success", name, "warning")), "");
    EXPECT_EQ(lab::contradiction_in(file("error", name, "error")), "");
  }
  EXPECT_EQ(lab::contradiction_in(file("success", "GuestProxyAgent", "error")), "");
  for (const char* none : {"", "[]", "{}", "[1]", "[{\"status\":1}]"})
    EXPECT_EQ(lab::contradiction_in(none), "") << none;
}

}  // namespace
}  // namespace engine
