#include "tests/machine/random_calls.h"

#include "actions/machine/files.h"
#include "actions/machine/processes.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/simulated/state.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"
#include "json/json.h"

namespace {

using nlohmann::json;
namespace simulated = machine::simulated;

const std::vector<std::string> kServices{"Core", "ext", "Svc", "GuestProxyAgent"};
const std::vector<std::string> kKeys{R"(HKLM\SOFTWARE\T)", R"(HKLM\Software\t\Sub)",
                                     R"(HKU\S-1-5-18\Software\T)",
                                     R"(HKLM\SYSTEM\CurrentControlSet\Services\Core)"};
constexpr const char* kJournal = R"(C:\ProgramData\EbpfForWindows\journal.db)";
const std::vector<std::string> kTasks{R"(\Folder\T)", "T", "\\t"};

bool is_of_the_journal(const std::string& path) {
  return path.find("journal.db") != std::string::npos;
}

std::string said(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text += word + "|";
  return text;
}

std::string said(Twin& twin, const std::string& path,
                 const std::optional<machine::FileInfo>& info) {
  if (!info) return "nothing";
  return std::to_string(static_cast<int>(info->kind)) + " " + std::to_string(info->size) +
         (info->readonly ? " read-only " : " ") +
         (is_of_the_journal(path) ? "" : twin.renamed(info->id));
}

std::string said(const std::optional<machine::ServiceStatus>& status) {
  if (!status) return "none";
  return std::string(to_text(status->state)) + " " + std::to_string(status->process_id) + " " +
         std::to_string(status->exit_code) + (status->marked_for_deletion ? " marked" : "");
}

// A call that answers nothing.
std::function<std::string(Twin&)> done(const std::function<void(machine::Machine&)>& make) {
  return [make](Twin& twin) {
    make(twin.machine());
    return std::string("done");
  };
}

// What somebody does to the VM past its machine's interface.
std::function<std::string(Twin&)> by_hand(const std::function<void(Twin&)>& make) {
  return [make](Twin& twin) {
    make(twin);
    return std::string();
  };
}

RandomCall link_by_hand(const std::string& target) {
  return {"a link by hand, to " + target, by_hand([=](Twin& t) {
            const auto there = t.machine().files().stat(R"(C:\A)");
            if (there && !t.machine().files().stat(R"(C:\A\Link)"))
              t.vm().put_link(R"(C:\A\Link)", target);
          })};
}

RandomCall journal_written(const std::string& text) {
  return {"the journal by SQLite", by_hand([=](Twin& t) {
            auto& files = t.machine().files();
            const auto there = files.stat(R"(C:\ProgramData\EbpfForWindows)");
            if (there && there->kind == machine::FileKind::kFolder)
              lab::write_file(files.native_path(kJournal), text);
          })};
}

}  // namespace

std::string Twin::renamed(const std::string& id) {
  if (id.empty()) return "none";
  return "#" + std::to_string(ids_.emplace(id, ids_.size() + 1).first->second);
}

std::string Twin::picture() {
  const auto home = vm_.home();
  std::string picture = simulated::snapshot(*home);
  home->drive().walk([&](const simulated::disk::Place& place) {
    const bool has_id = !place.is_link() && !is_of_the_journal(place.windows);
    picture += place.windows + " " + std::to_string(static_cast<int>(place.entry->kind)) + " " +
               std::to_string(place.size()) + (place.is_readonly() ? " read-only " : " ") +
               (has_id ? renamed(home->drive().file_id(place)) : "") + "\n";
  });
  simulated::Access access(*home);
  json state = to_json(access.state());
  state.erase("drive_identity");
  for (json& loaded : state.at("loaded"))
    for (json& id : loaded.at("files"))
      id = renamed(id);
  return picture + state.dump(1);
}

RandomCalls::RandomCalls(std::uint64_t seed, std::string host_folder)
    : random_(seed), host_folder_(std::move(host_folder)) {
  lab::write_file(host_folder_ + "/0", "");
  lab::write_file(host_folder_ + "/1", simulated::minimal_image("copied"));
  lab::write_file(host_folder_ + "/2", std::string(5000, 'c'));
}

std::string RandomCalls::path() {
  static const std::vector<std::string> kFolders{R"(C:\A)",
                                                 R"(C:\A)",
                                                 R"(C:\A\B)",
                                                 R"(C:\Windows\Temp)",
                                                 R"(C:\ProgramData\EbpfForWindows)",
                                                 R"(c:\a\Link)"};
  static const std::vector<std::string> kNames{"a", "A", "b.sys", "C.exe", "B", "Link"};
  static const std::vector<std::string> kOdd{R"(C:\A)",          R"(C:\A\B)",
                                             R"(C:\no\a)",       R"(D:\a)",
                                             R"(C:\A\con)",      R"(C:\ProgramData\EbpfForWindows)",
                                             R"(C:\A\B\a\deep)", R"(C:\Windows\System32)"};
  if (below(6) == 0) return one_of(kOdd);
  return one_of(kFolders) + "\\" + one_of(kNames);
}

std::string RandomCalls::content() {
  return one_of(std::vector<std::string>{"", "short", simulated::minimal_image("1"),
                                         simulated::minimal_image("2"), std::string(3000, 'x')});
}

RandomCall RandomCalls::question() {
  const std::string at = below(8) == 0 ? kJournal : path();
  const std::string name = one_of(kServices);
  switch (below(8)) {
    case 0:
      return {"list " + at, [=](Twin& t) { return said(t.machine().files().list(at)); }};
    case 1:
      return {"read " + at, [=](Twin& t) { return t.machine().files().read(at, 4000); }};
    case 2:
      return {"sha256 " + at, [=](Twin& t) { return t.machine().files().sha256(at); }};
    case 3:
      return {"free_bytes",
              [](Twin& t) { return std::to_string(t.machine().files().free_bytes("C:\\")); }};
    case 4:
      return {"active_dependents " + name,
              [=](Twin& t) { return said(t.machine().services().active_dependents(name)); }};
    case 5:
      return {"config and status of " + name, [=](Twin& t) {
                auto& services = t.machine().services();
                const auto config = services.config(name);
                return said(services.status(name)) + (config ? to_json(*config).dump() : "");
              }};
    case 6:
      return {"other_writer " + at,
              [=](Twin& t) { return t.machine().files().other_writer(at, {}).value_or("nobody"); }};
    default:
      return {"stat " + at, [=](Twin& t) { return said(t, at, t.machine().files().stat(at)); }};
  }
}

RandomCall RandomCalls::change_of_files() {
  const std::string at = path();
  const std::string to = path();
  const std::string text = content();
  const std::string source = host_folder_ + "/" + std::to_string(below(4));  // "/3" is missing
  const bool yes = below(2) == 0;
  switch (below(8)) {
    case 0:
      return {"copy_in " + source + " " + to, [=](Twin& t) {
                const auto copied = t.machine().files().copy_in(source, to);
                return std::to_string(copied.size) + copied.sha256 + t.renamed(copied.id);
              }};
    case 1:
      return {"copy_in the machine's own " + at + " " + to, [=](Twin& t) {
                auto& files = t.machine().files();
                return files.copy_in(files.native_path(at), to).sha256;
              }};
    case 2:
    case 3:
      return {"write " + at, done([=](machine::Machine& m) { m.files().write(at, text); })};
    case 4:
      return {"remove " + at, done([=](machine::Machine& m) { m.files().remove(at); })};
    case 5:
      return {"remove_at_boot " + at,
              done([=](machine::Machine& m) { m.files().remove_at_boot(at); })};
    case 6:
      return {"set_readonly " + at, done([=](machine::Machine& m) {
                auto& files = m.files();
                const auto info = files.stat(at);
                // A folder of the host would refuse what Windows does not.
                if (info && info->kind != machine::FileKind::kFolder) files.set_readonly(at, yes);
              })};
    default:
      return {"rename " + at + " " + to,
              done([=](machine::Machine& m) { m.files().rename(at, to); })};
  }
}

RandomCall RandomCalls::change_of_folders() {
  const std::string at =
      below(2) == 0 ? one_of(std::vector<std::string>{R"(C:\A)", R"(C:\A\B)", R"(C:\a\LINK)",
                                                      R"(C:\ProgramData\EbpfForWindows)"})
                    : path();
  switch (below(5)) {
    case 0:
      return {"create_private_folder " + at, [=](Twin& t) {
                return t.machine().files().create_private_folder(at).value_or("not moved");
              }};
    case 1:
      return {"remove_folder " + at,
              done([=](machine::Machine& m) { m.files().remove_folder(at); })};
    default:
      return {"create_folder " + at,
              done([=](machine::Machine& m) { m.files().create_folder(at); })};
  }
}

RandomCall RandomCalls::durability() {
  std::vector<std::string> paths;
  for (std::size_t n = below(3) + 1; n > 0; --n)
    paths.push_back(path());
  if (below(2) == 0) {
    return {"flush", done([](machine::Machine& m) { m.system().flush(); })};
  }
  return {"sync " + said(paths), done([=](machine::Machine& m) { m.files().sync(paths); })};
}

RandomCall RandomCalls::service() {
  const std::string name = one_of(kServices);
  machine::ServiceConfig config;
  config.image = one_of(
      std::vector<std::string>{R"(C:\A\b.sys)", R"(C:\A\B\C.exe)", R"(C:\Windows\Temp\b.sys)"});
  config.start = one_of(std::vector{machine::StartType::kAutomatic, machine::StartType::kDemand,
                                    machine::StartType::kDisabled});
  if (below(2) == 0) config.type = machine::ServiceType::kOwnProcess;
  if (below(3) == 0) config.depends_on = {one_of(kServices)};
  switch (below(7)) {
    case 0:
    case 1:
      return {"create " + name + " " + config.image,
              done([=](machine::Machine& m) { m.services().create(name, config); })};
    case 2:
      return {"change " + name, done([=](machine::Machine& m) {
                auto wanted = config;
                const auto now = m.services().config(name);
                if (now) wanted.type = now->type;
                m.services().change(name, wanted);
              })};
    case 3:
      return {"remove " + name, done([=](machine::Machine& m) { m.services().remove(name); })};
    case 4:
      return {"stop " + name, done([=](machine::Machine& m) { m.services().stop(name); })};
    default:
      return {"start " + name, done([=](machine::Machine& m) { m.services().start(name); })};
  }
}

RandomCall RandomCalls::registry() {
  const std::string key = one_of(kKeys);
  const std::string name = one_of(std::vector<std::string>{"", "v", "V2"});
  const machine::RegistryValue value{
      below(2) == 0 ? machine::RegistryType::kString : machine::RegistryType::kDword,
      std::to_string(below(3))};
  switch (below(6)) {
    case 0:
      return {"remove_value " + key + " " + name,
              done([=](machine::Machine& m) { m.registry().remove_value(key, name); })};
    case 1:
      return {"remove_key " + key,
              done([=](machine::Machine& m) { m.registry().remove_key(key); })};
    case 2:
      return {"subtree " + key, [=](Twin& t) {
                std::string all;
                for (const auto& part : t.machine().registry().subtree(key)) {
                  all += part.key + "\n";
                  for (const auto& [of, is] : part.values)
                    all += of + "=" + to_text(is.type) + is.data + "\n";
                }
                return all;
              }};
    default:
      return {"set " + key + " " + name,
              done([=](machine::Machine& m) { m.registry().set(key, name, value); })};
  }
}

RandomCall RandomCalls::task() {
  const std::string name = one_of(kTasks);
  const std::string xml = one_of(std::vector<std::string>{"<Task>1</Task>", "<Task/>", "no task"});
  const bool yes = below(2) == 0;
  switch (below(4)) {
    case 0:
      return {"remove task " + name, done([=](machine::Machine& m) { m.tasks().remove(name); })};
    case 1:
      return {"set_enabled " + name,
              done([=](machine::Machine& m) { m.tasks().set_enabled(name, yes); })};
    case 2:
      return {"get task " + name, [=](Twin& t) {
                const auto task = t.machine().tasks().get(name);
                return task ? task->xml + (task->enabled ? " on" : " off") : "none";
              }};
    default:
      return {"put task " + name, done([=](machine::Machine& m) { m.tasks().put(name, xml); })};
  }
}

RandomCall RandomCalls::time_or_program() {
  const auto wait = one_of(std::vector<std::int64_t>{1, 50, 400, 5'000, 61'000});
  const std::string program = one_of(std::vector<std::string>{
      R"(C:\A\C.exe)", R"(C:\A\export_program_info.exe)", R"(C:\Windows\System32\netsh.exe)"});
  if (below(4) > 0) {
    return {"wait " + std::to_string(wait), [=](Twin& t) {
              t.machine().system().wait_ms(wait);
              return std::to_string(t.machine().system().utc_ms());
            }};
  }
  return {"run " + program, [=](Twin& t) {
            const std::vector<std::string> arguments;
            const auto until = t.machine().system().monotonic_ms() + 10'000;
            return std::to_string(t.machine().processes().run(program, arguments, until));
          }};
}

RandomCall RandomCalls::from_outside() {
  static const std::vector<std::string> kOfServices{
      "start-fails=577", "start-hangs", "start-takes=3", "crashes-after=2", "ignores-stop",
      "stop-hangs",      "held-open",   "clear",         "clear",           "status-file=absent"};
  const std::string service = one_of(kServices);
  const std::string setting = one_of(kOfServices);
  const std::string at = path();
  const std::string of_path =
      one_of(std::vector<std::string>{"owner=users", "fails=5", "exits=3", "hangs", "clear"});
  const std::string disk =
      one_of(std::vector<std::string>{"full-at=9000", "full-at=4000", "clear", "clear"});
  const std::string text = content();
  const auto seed = below(6);
  switch (below(12)) {
    case 0:
      return {"the disk: " + disk, by_hand([=](Twin& t) { t.vm().set("disk", {disk}); })};
    case 1:
    case 2:
      return {at + ": " + of_path, by_hand([=](Twin& t) { t.vm().set("path:" + at, {of_path}); })};
    case 3:
      return link_by_hand(seed == 0 ? "Link" : "B");
    case 4:
      return journal_written(text);
    case 5:
      return {"the journal goes", done([](machine::Machine& m) { m.files().remove(kJournal); })};
    case 6:
      return {"the journal set aside", done([](machine::Machine& m) {
                m.files().rename(kJournal, std::string(kJournal) + ".1");
              })};
    case 7:
      return {"a boot", by_hand([](Twin& t) { t.vm().reboot(); })};
    case 8:
      return {"a power cut with seed " + std::to_string(seed),
              by_hand([=](Twin& t) { t.vm().cut_power(seed); })};
    default:
      return {service + ": " + setting,
              by_hand([=](Twin& t) { t.vm().set("service:" + service, {setting}); })};
  }
}

RandomCall RandomCalls::next() {
  switch (below(16)) {
    case 0:
    case 1:
      return question();
    case 2:
    case 3:
    case 4:
    case 5:
      return change_of_files();
    case 6:
    case 7:
      return change_of_folders();
    case 8:
      return durability();
    case 9:
    case 10:
    case 11:
      return service();
    case 12:
      return registry();
    case 13:
      return task();
    case 14:
      return time_or_program();
    default:
      return from_outside();
  }
}
