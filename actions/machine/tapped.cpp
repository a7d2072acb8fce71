#include "actions/machine/tapped.h"

#include <type_traits>
#include <utility>

#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/processes.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"

namespace machine {
namespace {

// Tells the tap, makes the call, tells it again. A call that throws is not told a second time.
template <typename Made>
auto told(Tap& tap, std::string_view name, std::string_view object, Made&& make_call) {
  const Call call{name, std::string(object)};
  tap.before(call);
  if constexpr (std::is_void_v<decltype(make_call())>) {
    make_call();
    tap.after(call);
  } else {
    auto result = make_call();
    tap.after(call);
    return result;
  }
}

class TappedFiles final : public Files {
 public:
  TappedFiles(Files& inner, Tap& tap) : inner_(inner), tap_(tap) {}

  std::optional<FileInfo> stat(std::string_view path) override {
    return told(tap_, "files.stat", path, [&] { return inner_.stat(path); });
  }
  std::vector<std::string> list(std::string_view folder) override {
    return told(tap_, "files.list", folder, [&] { return inner_.list(folder); });
  }
  std::string read(std::string_view path, std::uint64_t max_bytes) override {
    return told(tap_, "files.read", path, [&] { return inner_.read(path, max_bytes); });
  }
  std::string sha256(std::string_view path) override {
    return told(tap_, "files.sha256", path, [&] { return inner_.sha256(path); });
  }
  std::optional<PeVersion> version(std::string_view path) override {
    return told(tap_, "files.version", path, [&] { return inner_.version(path); });
  }
  std::optional<std::string> other_writer(std::string_view folder) override {
    return told(tap_, "files.other_writer", folder, [&] { return inner_.other_writer(folder); });
  }
  void create_folder(std::string_view path) override {
    told(tap_, "files.create_folder", path, [&] { inner_.create_folder(path); });
  }
  std::optional<std::string> create_private_folder(std::string_view path) override {
    return told(tap_, "files.create_private_folder", path,
                [&] { return inner_.create_private_folder(path); });
  }
  void remove_folder(std::string_view path) override {
    told(tap_, "files.remove_folder", path, [&] { inner_.remove_folder(path); });
  }
  CopiedFile copy_in(const std::string& host_source, std::string_view target) override {
    return told(tap_, "files.copy_in", target, [&] { return inner_.copy_in(host_source, target); });
  }
  void write(std::string_view path, std::string_view content) override {
    told(tap_, "files.write", path, [&] { inner_.write(path, content); });
  }
  void rename(std::string_view from, std::string_view to) override {
    told(tap_, "files.rename", from, [&] { inner_.rename(from, to); });
  }
  void remove(std::string_view path) override {
    told(tap_, "files.remove", path, [&] { inner_.remove(path); });
  }
  void remove_at_boot(std::string_view path) override {
    told(tap_, "files.remove_at_boot", path, [&] { inner_.remove_at_boot(path); });
  }
  void set_readonly(std::string_view path, bool readonly) override {
    told(tap_, "files.set_readonly", path, [&] { inner_.set_readonly(path, readonly); });
  }
  void sync(std::span<const std::string> paths) override {
    std::string object = paths.empty() ? "" : paths.front();
    if (paths.size() > 1) object += " and " + std::to_string(paths.size() - 1) + " more";
    told(tap_, "files.sync", object, [&] { inner_.sync(paths); });
  }
  std::uint64_t free_bytes(std::string_view path) override {
    return told(tap_, "files.free_bytes", path, [&] { return inner_.free_bytes(path); });
  }
  std::string native_path(std::string_view path) override {
    return inner_.native_path(path);
  }  // text only

 private:
  Files& inner_;
  Tap& tap_;
};

class TappedHostFiles final : public HostFiles {
 public:
  TappedHostFiles(HostFiles& inner, Tap& tap) : inner_(inner), tap_(tap) {}

  std::optional<FileInfo> stat(const std::string& path) override {
    return told(tap_, "host.stat", path, [&] { return inner_.stat(path); });
  }
  std::vector<std::string> list(const std::string& folder) override {
    return told(tap_, "host.list", folder, [&] { return inner_.list(folder); });
  }
  std::string read(const std::string& path, std::uint64_t max_bytes) override {
    return told(tap_, "host.read", path, [&] { return inner_.read(path, max_bytes); });
  }
  std::string sha256(const std::string& path) override {
    return told(tap_, "host.sha256", path, [&] { return inner_.sha256(path); });
  }
  std::optional<PeVersion> version(const std::string& path) override {
    return told(tap_, "host.version", path, [&] { return inner_.version(path); });
  }
  void replace(const std::string& path, std::string_view content,
               const std::string& scratch_folder) override {
    told(tap_, "host.replace", path, [&] { inner_.replace(path, content, scratch_folder); });
  }
  void create_folder(const std::string& path) override {
    told(tap_, "host.create_folder", path, [&] { inner_.create_folder(path); });
  }
  void check_writable(const std::string& folder) override {
    told(tap_, "host.check_writable", folder, [&] { inner_.check_writable(folder); });
  }

 private:
  HostFiles& inner_;
  Tap& tap_;
};

class TappedServices final : public Services {
 public:
  TappedServices(Services& inner, Tap& tap) : inner_(inner), tap_(tap) {}

  std::optional<ServiceConfig> config(std::string_view name) override {
    return told(tap_, "services.config", name, [&] { return inner_.config(name); });
  }
  std::optional<ServiceStatus> status(std::string_view name) override {
    return told(tap_, "services.status", name, [&] { return inner_.status(name); });
  }
  void create(std::string_view name, const ServiceConfig& config) override {
    told(tap_, "services.create", name, [&] { inner_.create(name, config); });
  }
  void change(std::string_view name, const ServiceConfig& wanted) override {
    told(tap_, "services.change", name, [&] { inner_.change(name, wanted); });
  }
  void remove(std::string_view name) override {
    told(tap_, "services.remove", name, [&] { inner_.remove(name); });
  }
  void start(std::string_view name) override {
    told(tap_, "services.start", name, [&] { inner_.start(name); });
  }
  void stop(std::string_view name) override {
    told(tap_, "services.stop", name, [&] { inner_.stop(name); });
  }
  std::vector<std::string> active_dependents(std::string_view name) override {
    return told(tap_, "services.active_dependents", name,
                [&] { return inner_.active_dependents(name); });
  }
  bool process_alive(std::uint32_t process_id) override {
    return told(tap_, "services.process_alive", std::to_string(process_id),
                [&] { return inner_.process_alive(process_id); });
  }

 private:
  Services& inner_;
  Tap& tap_;
};

class TappedRegistry final : public Registry {
 public:
  TappedRegistry(Registry& inner, Tap& tap) : inner_(inner), tap_(tap) {}

  std::optional<RegistryValue> get(std::string_view key, std::string_view value) override {
    return told(tap_, "registry.get", named(key, value), [&] { return inner_.get(key, value); });
  }
  void set(std::string_view key, std::string_view value, const RegistryValue& data) override {
    told(tap_, "registry.set", named(key, value), [&] { inner_.set(key, value, data); });
  }
  void remove_value(std::string_view key, std::string_view value) override {
    told(tap_, "registry.remove_value", named(key, value),
         [&] { inner_.remove_value(key, value); });
  }
  std::vector<RegistryKeyContent> subtree(std::string_view key) override {
    return told(tap_, "registry.subtree", key, [&] { return inner_.subtree(key); });
  }
  void remove_key(std::string_view key) override {
    told(tap_, "registry.remove_key", key, [&] { inner_.remove_key(key); });
  }

 private:
  static std::string named(std::string_view key, std::string_view value) {
    return std::string(key) + "\\" + std::string(value);
  }

  Registry& inner_;
  Tap& tap_;
};

class TappedTasks final : public Tasks {
 public:
  TappedTasks(Tasks& inner, Tap& tap) : inner_(inner), tap_(tap) {}

  std::optional<ScheduledTask> get(std::string_view name) override {
    return told(tap_, "tasks.get", name, [&] { return inner_.get(name); });
  }
  void put(std::string_view name, std::string_view xml) override {
    told(tap_, "tasks.put", name, [&] { inner_.put(name, xml); });
  }
  void remove(std::string_view name) override {
    told(tap_, "tasks.remove", name, [&] { inner_.remove(name); });
  }
  void set_enabled(std::string_view name, bool enabled) override {
    told(tap_, "tasks.set_enabled", name, [&] { inner_.set_enabled(name, enabled); });
  }

 private:
  Tasks& inner_;
  Tap& tap_;
};

class TappedProcesses final : public Processes {
 public:
  TappedProcesses(Processes& inner, Tap& tap) : inner_(inner), tap_(tap) {}

  std::uint32_t run(std::string_view path, std::span<const std::string> arguments,
                    std::int64_t deadline_ms) override {
    return told(tap_, "processes.run", path,
                [&] { return inner_.run(path, arguments, deadline_ms); });
  }

 private:
  Processes& inner_;
  Tap& tap_;
};

class TappedSystem final : public System {
 public:
  TappedSystem(System& inner, Tap& tap) : inner_(inner), tap_(tap) {}

  std::int64_t utc_ms() override { return inner_.utc_ms(); }  // a clock cannot fail
  std::int64_t monotonic_ms() override { return inner_.monotonic_ms() + hurried_ms_; }  // nor this
  void wait_ms(std::int64_t milliseconds) override {
    told(tap_, "system.wait_ms", std::to_string(milliseconds), [&] {
      const std::int64_t real = tap_.hurried(milliseconds);
      inner_.wait_ms(real);
      hurried_ms_ += milliseconds - real;
    });
  }
  std::string machine_id() override {
    return told(tap_, "system.machine_id", "", [&] { return inner_.machine_id(); });
  }
  std::string boot_id() override {
    return told(tap_, "system.boot_id", "", [&] { return inner_.boot_id(); });
  }
  int os_build() override {
    return told(tap_, "system.os_build", "", [&] { return inner_.os_build(); });
  }
  std::string architecture() override {
    return told(tap_, "system.architecture", "", [&] { return inner_.architecture(); });
  }
  std::string system_root() override { return inner_.system_root(); }  // text only, as the next two
  std::string program_files() override { return inner_.program_files(); }
  std::string program_data() override { return inner_.program_data(); }
  void flush() override {
    told(tap_, "system.flush", "", [&] { inner_.flush(); });
  }
  void announce_environment() override {
    told(tap_, "system.announce_environment", "", [&] { inner_.announce_environment(); });
  }

 private:
  System& inner_;
  Tap& tap_;
  std::int64_t hurried_ms_ = 0;  // that the clock is ahead of the machine's
};

class TappedMachine final : public Machine {
 public:
  TappedMachine(Machine& inner, Tap& tap)
      : files_(inner.files(), tap),
        services_(inner.services(), tap),
        registry_(inner.registry(), tap),
        tasks_(inner.tasks(), tap),
        processes_(inner.processes(), tap),
        system_(inner.system(), tap),
        host_(inner.host(), tap) {}

  Files& files() override { return files_; }
  Services& services() override { return services_; }
  Registry& registry() override { return registry_; }
  Tasks& tasks() override { return tasks_; }
  Processes& processes() override { return processes_; }
  System& system() override { return system_; }
  HostFiles& host() override { return host_; }

 private:
  TappedFiles files_;
  TappedServices services_;
  TappedRegistry registry_;
  TappedTasks tasks_;
  TappedProcesses processes_;
  TappedSystem system_;
  TappedHostFiles host_;
};

}  // namespace

std::unique_ptr<Machine> tap_machine(Machine& inner, Tap& tap) {
  tap.attached_to(inner);
  return std::make_unique<TappedMachine>(inner, tap);
}

}  // namespace machine
