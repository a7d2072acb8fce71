#include "actions/machine/call_observer.h"

#include <type_traits>
#include <utility>

#include "actions/machine/data_collectors.h"
#include "actions/machine/files.h"
#include "actions/machine/host_files.h"
#include "actions/machine/processes.h"
#include "actions/machine/registry.h"
#include "actions/machine/services.h"
#include "actions/machine/system.h"
#include "actions/machine/tasks.h"

namespace machine {
namespace {

// Tells the observer, makes the call, tells it again. A call that throws is not told a second time.
template <typename Made>
auto told(CallObserver& observer, std::string_view name, std::string_view object,
          Made&& make_call) {
  const Call call{name, std::string(object)};
  observer.before(call);
  if constexpr (std::is_void_v<decltype(make_call())>) {
    make_call();
    observer.after(call);
  } else {
    auto result = make_call();
    observer.after(call);
    return result;
  }
}

class ObservedFiles final : public Files {
 public:
  ObservedFiles(Files& inner, CallObserver& observer) : inner_(inner), observer_(observer) {}

  std::optional<FileInfo> stat(std::string_view path) override {
    return told(observer_, "files.stat", path, [&] { return inner_.stat(path); });
  }
  std::vector<std::string> list(std::string_view folder) override {
    return told(observer_, "files.list", folder, [&] { return inner_.list(folder); });
  }
  std::string read(std::string_view path, std::uint64_t max_bytes) override {
    return told(observer_, "files.read", path, [&] { return inner_.read(path, max_bytes); });
  }
  std::string sha256(std::string_view path) override {
    return told(observer_, "files.sha256", path, [&] { return inner_.sha256(path); });
  }
  std::optional<PeVersion> version(std::string_view path) override {
    return told(observer_, "files.version", path, [&] { return inner_.version(path); });
  }
  std::optional<std::string> other_writer(std::string_view folder,
                                          const std::vector<std::string>& trusted) override {
    return told(observer_, "files.other_writer", folder,
                [&] { return inner_.other_writer(folder, trusted); });
  }
  void create_folder(std::string_view path) override {
    told(observer_, "files.create_folder", path, [&] { inner_.create_folder(path); });
  }
  std::optional<std::string> create_private_folder(std::string_view path) override {
    return told(observer_, "files.create_private_folder", path,
                [&] { return inner_.create_private_folder(path); });
  }
  void remove_folder(std::string_view path) override {
    told(observer_, "files.remove_folder", path, [&] { inner_.remove_folder(path); });
  }
  CopiedFile copy_in(const std::string& host_source, std::string_view target) override {
    return told(observer_, "files.copy_in", target,
                [&] { return inner_.copy_in(host_source, target); });
  }
  void write(std::string_view path, std::string_view content) override {
    told(observer_, "files.write", path, [&] { inner_.write(path, content); });
  }
  void rename(std::string_view from, std::string_view to) override {
    told(observer_, "files.rename", from, [&] { inner_.rename(from, to); });
  }
  void remove(std::string_view path) override {
    told(observer_, "files.remove", path, [&] { inner_.remove(path); });
  }
  void remove_at_boot(std::string_view path) override {
    told(observer_, "files.remove_at_boot", path, [&] { inner_.remove_at_boot(path); });
  }
  void set_readonly(std::string_view path, bool readonly) override {
    told(observer_, "files.set_readonly", path, [&] { inner_.set_readonly(path, readonly); });
  }
  void sync(std::span<const std::string> paths) override {
    std::string object = paths.empty() ? "" : paths.front();
    if (paths.size() > 1) object += " and " + std::to_string(paths.size() - 1) + " more";
    told(observer_, "files.sync", object, [&] { inner_.sync(paths); });
  }
  std::uint64_t free_bytes(std::string_view path) override {
    return told(observer_, "files.free_bytes", path, [&] { return inner_.free_bytes(path); });
  }
  std::string native_path(std::string_view path) override {
    return inner_.native_path(path);
  }  // text only

 private:
  Files& inner_;
  CallObserver& observer_;
};

class ObservedHostFiles final : public HostFiles {
 public:
  ObservedHostFiles(HostFiles& inner, CallObserver& observer)
      : inner_(inner), observer_(observer) {}

  std::optional<FileInfo> stat(const std::string& path) override {
    return told(observer_, "host.stat", path, [&] { return inner_.stat(path); });
  }
  std::vector<std::string> list(const std::string& folder) override {
    return told(observer_, "host.list", folder, [&] { return inner_.list(folder); });
  }
  std::string read(const std::string& path, std::uint64_t max_bytes) override {
    return told(observer_, "host.read", path, [&] { return inner_.read(path, max_bytes); });
  }
  std::string sha256(const std::string& path) override {
    return told(observer_, "host.sha256", path, [&] { return inner_.sha256(path); });
  }
  std::optional<PeVersion> version(const std::string& path) override {
    return told(observer_, "host.version", path, [&] { return inner_.version(path); });
  }
  void replace(const std::string& path, std::string_view content,
               const std::string& scratch_folder) override {
    told(observer_, "host.replace", path, [&] { inner_.replace(path, content, scratch_folder); });
  }
  void remove(const std::string& path) override {
    told(observer_, "host.remove", path, [&] { inner_.remove(path); });
  }
  void create_folder(const std::string& path) override {
    told(observer_, "host.create_folder", path, [&] { inner_.create_folder(path); });
  }
  void check_writable(const std::string& folder) override {
    told(observer_, "host.check_writable", folder, [&] { inner_.check_writable(folder); });
  }

 private:
  HostFiles& inner_;
  CallObserver& observer_;
};

class ObservedServices final : public Services {
 public:
  ObservedServices(Services& inner, CallObserver& observer) : inner_(inner), observer_(observer) {}

  std::optional<ServiceConfig> config(std::string_view name) override {
    return told(observer_, "services.config", name, [&] { return inner_.config(name); });
  }
  std::optional<ServiceStatus> status(std::string_view name) override {
    return told(observer_, "services.status", name, [&] { return inner_.status(name); });
  }
  void create(std::string_view name, const ServiceConfig& config) override {
    told(observer_, "services.create", name, [&] { inner_.create(name, config); });
  }
  void change(std::string_view name, const ServiceConfig& wanted) override {
    told(observer_, "services.change", name, [&] { inner_.change(name, wanted); });
  }
  void remove(std::string_view name) override {
    told(observer_, "services.remove", name, [&] { inner_.remove(name); });
  }
  void start(std::string_view name) override {
    told(observer_, "services.start", name, [&] { inner_.start(name); });
  }
  void stop(std::string_view name) override {
    told(observer_, "services.stop", name, [&] { inner_.stop(name); });
  }
  std::vector<std::string> active_dependents(std::string_view name) override {
    return told(observer_, "services.active_dependents", name,
                [&] { return inner_.active_dependents(name); });
  }
  bool process_alive(std::uint32_t process_id) override {
    return told(observer_, "services.process_alive", std::to_string(process_id),
                [&] { return inner_.process_alive(process_id); });
  }

 private:
  Services& inner_;
  CallObserver& observer_;
};

class ObservedRegistry final : public Registry {
 public:
  ObservedRegistry(Registry& inner, CallObserver& observer) : inner_(inner), observer_(observer) {}

  std::optional<RegistryValue> get(std::string_view key, std::string_view value) override {
    return told(observer_, "registry.get", named(key, value),
                [&] { return inner_.get(key, value); });
  }
  void set(std::string_view key, std::string_view value, const RegistryValue& data) override {
    told(observer_, "registry.set", named(key, value), [&] { inner_.set(key, value, data); });
  }
  void remove_value(std::string_view key, std::string_view value) override {
    told(observer_, "registry.remove_value", named(key, value),
         [&] { inner_.remove_value(key, value); });
  }
  std::vector<RegistryKeyContent> subtree(std::string_view key) override {
    return told(observer_, "registry.subtree", key, [&] { return inner_.subtree(key); });
  }
  void remove_key(std::string_view key) override {
    told(observer_, "registry.remove_key", key, [&] { inner_.remove_key(key); });
  }

 private:
  static std::string named(std::string_view key, std::string_view value) {
    return std::string(key) + "\\" + std::string(value);
  }

  Registry& inner_;
  CallObserver& observer_;
};

class ObservedTasks final : public Tasks {
 public:
  ObservedTasks(Tasks& inner, CallObserver& observer) : inner_(inner), observer_(observer) {}

  std::optional<ScheduledTask> get(std::string_view name) override {
    return told(observer_, "tasks.get", name, [&] { return inner_.get(name); });
  }
  void put(std::string_view name, std::string_view xml) override {
    told(observer_, "tasks.put", name, [&] { inner_.put(name, xml); });
  }
  void remove(std::string_view name) override {
    told(observer_, "tasks.remove", name, [&] { inner_.remove(name); });
  }
  void set_enabled(std::string_view name, bool enabled) override {
    told(observer_, "tasks.set_enabled", name, [&] { inner_.set_enabled(name, enabled); });
  }

 private:
  Tasks& inner_;
  CallObserver& observer_;
};

class ObservedDataCollectors final : public DataCollectors {
 public:
  ObservedDataCollectors(DataCollectors& inner, CallObserver& observer)
      : inner_(inner), observer_(observer) {}

  std::optional<DataCollectorSet> get(std::string_view name) override {
    return told(observer_, "data_collectors.get", name, [&] { return inner_.get(name); });
  }
  void put(std::string_view name, std::string_view xml) override {
    told(observer_, "data_collectors.put", name, [&] { inner_.put(name, xml); });
  }
  void start(std::string_view name) override {
    told(observer_, "data_collectors.start", name, [&] { inner_.start(name); });
  }
  void stop(std::string_view name) override {
    told(observer_, "data_collectors.stop", name, [&] { inner_.stop(name); });
  }
  void remove(std::string_view name) override {
    told(observer_, "data_collectors.remove", name, [&] { inner_.remove(name); });
  }

 private:
  DataCollectors& inner_;
  CallObserver& observer_;
};

class ObservedProcesses final : public Processes {
 public:
  ObservedProcesses(Processes& inner, CallObserver& observer)
      : inner_(inner), observer_(observer) {}

  std::uint32_t run(std::string_view path, std::span<const std::string> arguments,
                    std::int64_t deadline_ms) override {
    return told(observer_, "processes.run", path,
                [&] { return inner_.run(path, arguments, deadline_ms); });
  }

 private:
  Processes& inner_;
  CallObserver& observer_;
};

class ObservedSystem final : public System {
 public:
  ObservedSystem(System& inner, CallObserver& observer) : inner_(inner), observer_(observer) {}

  std::int64_t utc_ms() override { return inner_.utc_ms(); }  // a clock cannot fail
  std::int64_t monotonic_ms() override { return inner_.monotonic_ms() + hurried_ms_; }  // nor this
  void wait_ms(std::int64_t milliseconds) override {
    told(observer_, "system.wait_ms", std::to_string(milliseconds), [&] {
      const std::int64_t real = observer_.hurried(milliseconds);
      inner_.wait_ms(real);
      hurried_ms_ += milliseconds - real;
    });
  }
  std::string machine_id() override {
    return told(observer_, "system.machine_id", "", [&] { return inner_.machine_id(); });
  }
  std::string boot_id() override {
    return told(observer_, "system.boot_id", "", [&] { return inner_.boot_id(); });
  }
  int os_build() override {
    return told(observer_, "system.os_build", "", [&] { return inner_.os_build(); });
  }
  std::string architecture() override {
    return told(observer_, "system.architecture", "", [&] { return inner_.architecture(); });
  }
  std::string system_root() override { return inner_.system_root(); }  // text only, as the next two
  std::string program_files() override { return inner_.program_files(); }
  std::string program_data() override { return inner_.program_data(); }
  void flush() override {
    told(observer_, "system.flush", "", [&] { inner_.flush(); });
  }
  void announce_environment() override {
    told(observer_, "system.announce_environment", "", [&] { inner_.announce_environment(); });
  }

 private:
  System& inner_;
  CallObserver& observer_;
  std::int64_t hurried_ms_ = 0;  // that the clock is ahead of the machine's
};

class ObservedMachine final : public Machine {
 public:
  ObservedMachine(Machine& inner, CallObserver& observer)
      : files_(inner.files(), observer),
        services_(inner.services(), observer),
        registry_(inner.registry(), observer),
        tasks_(inner.tasks(), observer),
        data_collectors_(inner.data_collectors(), observer),
        processes_(inner.processes(), observer),
        system_(inner.system(), observer),
        host_(inner.host(), observer) {}

  Files& files() override { return files_; }
  Services& services() override { return services_; }
  Registry& registry() override { return registry_; }
  Tasks& tasks() override { return tasks_; }
  DataCollectors& data_collectors() override { return data_collectors_; }
  Processes& processes() override { return processes_; }
  System& system() override { return system_; }
  HostFiles& host() override { return host_; }

 private:
  ObservedFiles files_;
  ObservedServices services_;
  ObservedRegistry registry_;
  ObservedTasks tasks_;
  ObservedDataCollectors data_collectors_;
  ObservedProcesses processes_;
  ObservedSystem system_;
  ObservedHostFiles host_;
};

}  // namespace

std::unique_ptr<Machine> observe(Machine& inner, CallObserver& observer) {
  observer.attached_to(inner);
  return std::make_unique<ObservedMachine>(inner, observer);
}

}  // namespace machine
