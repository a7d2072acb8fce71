// What `simvm set` arms: the table of keys, and how each is read.
#include <array>
#include <charconv>
#include <functional>

#include "actions/machine/paths.h"
#include "actions/machine/simulated/service_manager.h"
#include "actions/machine/simulated/vm.h"
#include "actions/machine/simulated/vm_folder.h"
#include "errors/failure.h"

namespace machine::simulated {
namespace {

struct Setting {
  std::string_view key;
  std::string_view value;
  bool has_value = false;
};

errors::Failure refused(std::string_view object, std::string_view why) {
  return errors::Failure(errors::ExitCode::kUsage, std::string(object),
                         "set the behaviour of " + std::string(object))
      .advise(std::string(why));
}

Setting setting_from(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {text, "", false};
  return {text.substr(0, equals), text.substr(equals + 1), true};
}

template <typename Number>
Number number(const Setting& setting) {
  Number value{};
  const char* end = setting.value.data() + setting.value.size();
  const auto result = std::from_chars(setting.value.data(), end, value);
  if (setting.value.empty() || result.ec != std::errc() || result.ptr != end || value < 0) {
    throw refused(setting.key, "Needs a number.");
  }
  return value;
}

std::uint32_t code(const Setting& setting) {
  const auto value = number<std::int64_t>(setting);
  if (value == 0 || value > 0xffffffffLL) throw refused(setting.key, "Needs a Win32 error code.");
  return static_cast<std::uint32_t>(value);
}

std::int64_t milliseconds(const Setting& setting) {
  double seconds = 0;
  const char* end = setting.value.data() + setting.value.size();
  const auto result = std::from_chars(setting.value.data(), end, seconds);
  constexpr double kLongest = 1e9;
  if (setting.value.empty() || result.ec != std::errc() || result.ptr != end || !(seconds >= 0) ||
      seconds > kLongest) {
    throw refused(setting.key, "Needs a number of seconds.");
  }
  return static_cast<std::int64_t>(seconds * 1000);
}

bool flag(const Setting& setting) {
  if (!setting.has_value || setting.value == "1") return true;
  if (setting.value == "0") return false;
  throw refused(setting.key, "Is 1 or 0.");
}

StatusFile status_file(const Setting& setting) {
  if (setting.value == "written") return StatusFile::kWritten;
  if (setting.value == "stale") return StatusFile::kStale;
  if (setting.value == "absent") return StatusFile::kAbsent;
  if (setting.value == "garbage") return StatusFile::kGarbage;
  throw refused(setting.key, "Is written, stale, absent or garbage.");
}

struct ServiceKey {
  std::string_view key;
  void (*set)(ServiceBehaviour&, const Setting&);
};

constexpr std::array kServiceKeys{
    ServiceKey{"only-version",
               [](ServiceBehaviour& armed, const Setting& to) { armed.only_version = to.value; }},
    ServiceKey{"start-fails",
               [](ServiceBehaviour& armed, const Setting& to) { armed.start_fails = code(to); }},
    ServiceKey{"start-hangs",
               [](ServiceBehaviour& armed, const Setting& to) { armed.start_hangs = flag(to); }},
    ServiceKey{"start-takes", [](ServiceBehaviour& armed,
                                 const Setting& to) { armed.start_takes_ms = milliseconds(to); }},
    ServiceKey{"crashes-after",
               [](ServiceBehaviour& armed, const Setting& to) {
                 armed.crashes_after_ms = milliseconds(to);
               }},
    ServiceKey{"ignores-stop",
               [](ServiceBehaviour& armed, const Setting& to) { armed.ignores_stop = flag(to); }},
    ServiceKey{"stop-hangs",
               [](ServiceBehaviour& armed, const Setting& to) { armed.stop_hangs = flag(to); }},
    ServiceKey{"held-open",
               [](ServiceBehaviour& armed, const Setting& to) { armed.held_open = flag(to); }},
    ServiceKey{"unhealthy",
               [](ServiceBehaviour& armed, const Setting& to) { armed.unhealthy = flag(to); }},
    ServiceKey{"process-id",
               [](ServiceBehaviour& armed, const Setting& to) {
                 armed.process_id = number<std::uint32_t>(to);
               }},
    ServiceKey{"status-file", [](ServiceBehaviour& armed,
                                 const Setting& to) { armed.status_file = status_file(to); }},
};

// "A,B", or nothing for none.
std::vector<std::string> names(const Setting& setting) {
  std::vector<std::string> list;
  std::string rest(setting.value);
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    list.push_back(rest.substr(0, comma));
    rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
  }
  return list;
}

// At once: what GuestProxyAgent's own set-up does.
void set_dependencies(Access& access, std::string_view name, const Setting& setting) {
  ServiceRecord* record = access.state().find_service(name);
  if (record == nullptr) throw refused(name, "There is no such service.");
  record->config.depends_on = names(setting);
}

void set_service(Access& access, std::string_view name, std::span<const std::string> settings) {
  auto& services = access.state().behaviours.services;
  const std::string folded = fold_case(name);
  for (const std::string& text : settings) {
    const Setting setting = setting_from(text);
    if (setting.key == "clear") {
      services.erase(folded);
      continue;
    }
    if (setting.key == "depends") {
      set_dependencies(access, name, setting);
      continue;
    }
    const auto* row = std::find_if(kServiceKeys.begin(), kServiceKeys.end(),
                                   [&](const ServiceKey& key) { return key.key == setting.key; });
    if (row == kServiceKeys.end()) throw refused(name, "Does not know " + std::string(setting.key));
    row->set(services[folded], setting);
  }
  ServiceManager(access.state(), access.vm().drive()).apply_behaviour(name);
}

void set_readonly(const disk::Drive& drive, const disk::Place& place, bool readonly) {
  if (!place.exists()) throw refused(place.windows, "There is no such file.");
  drive.tree().set_readonly(place.host, readonly);
}

void set_path(Access& access, std::string_view path, std::span<const std::string> settings) {
  auto& paths = access.state().behaviours.paths;
  const disk::Place place = access.vm().drive().find(
      path, {errors::ExitCode::kUsage, "set the behaviour of", "simvm", path});
  const std::string folded = fold_case(place.windows);
  for (const std::string& text : settings) {
    const Setting setting = setting_from(text);
    if (setting.key == "clear") {
      paths.erase(folded);
    } else if (setting.key == "readonly") {
      set_readonly(access.vm().drive(), place, flag(setting));
    } else if (setting.key == "owner" && !setting.value.empty()) {
      paths[folded].owner =
          setting.value == "users" ? R"(BUILTIN\Users)" : std::string(setting.value);
      paths[folded].path = place.windows;
    } else if (setting.key == "fails") {
      paths[folded].fails = code(setting);
      paths[folded].path = place.windows;
    } else if (setting.key == "exits") {
      paths[folded].exits = code(setting);
      paths[folded].path = place.windows;
    } else if (setting.key == "hangs") {
      paths[folded].hangs = flag(setting);
      paths[folded].path = place.windows;
    } else {
      throw refused(path, "Does not know " + text);
    }
  }
}

void set_disk(Access& access, std::span<const std::string> settings) {
  for (const std::string& text : settings) {
    const Setting setting = setting_from(text);
    if (setting.key == "clear") {
      access.state().behaviours.disk_full_at.reset();
    } else if (setting.key == "full-at") {
      access.state().behaviours.disk_full_at =
          static_cast<std::uint64_t>(number<std::int64_t>(setting));
    } else {
      throw refused("disk", "Does not know " + text);
    }
  }
}

void set_tasks(Access& access, std::span<const std::string> settings) {
  for (const std::string& text : settings) {
    const Setting setting = setting_from(text);
    if (setting.key == "clear") {
      access.state().behaviours.tasks_fail.reset();
    } else if (setting.key == "fails") {
      access.state().behaviours.tasks_fail = code(setting);
    } else {
      throw refused("tasks", "Does not know " + text);
    }
  }
}

void set_administrators(Access& access, std::span<const std::string> settings) {
  for (const std::string& text : settings) {
    const Setting setting = setting_from(text);
    if (setting.key == "clear") {
      access.state().behaviours.administrators.clear();
    } else if (setting.key == "members") {
      access.state().behaviours.administrators = names(setting);
    } else {
      throw refused("administrators", "Does not know " + text);
    }
  }
}

}  // namespace

void set_behaviour(VmHome& vm, std::string_view object, std::span<const std::string> settings) {
  if (settings.empty()) throw refused(object, "Needs at least one KEY=VALUE.");
  Access access(vm);
  if (object.starts_with("service:") && object.size() > 8) {
    set_service(access, object.substr(8), settings);
  } else if (object.starts_with("path:")) {
    set_path(access, object.substr(5), settings);
  } else if (object == "disk") {
    set_disk(access, settings);
  } else if (object == "tasks") {
    set_tasks(access, settings);
  } else if (object == "administrators") {
    set_administrators(access, settings);
  } else {
    throw refused(object, "Is service:NAME, path:P, disk, tasks or administrators.");
  }
  access.changed();
}

void set_behaviour(const std::string& folder, std::string_view object,
                   std::span<const std::string> settings) {
  VmFolder vm(folder);
  set_behaviour(vm, object, settings);
}

}  // namespace machine::simulated
