#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/simulated/disk/drive.h"
#include "actions/machine/simulated/state.h"
#include "actions/machine/simulated/win32_error.h"

namespace machine::simulated {

// The service (its name folded) with its key of the registry.
void erase_service(MachineState& state, const std::string& folded);

// The Service Control Manager's rules, over the state of a VM, and the virtual clock that its
// pending states wait for. Its own stays for one call: it keeps nothing.
//
// Windows' rules that the real machine shares are in services.h. Here beside them: a start or stop
// takes virtual time (a driver 60 and 30 ms, a process 150 and 100 ms, unless armed); start() waits
// for dependencies that it had to start, at most 30 s, then fails with 1068; a driver that does not
// start fails the call, a process fails later unless the code is one of loading its image; the
// image path of a driver is stored as `\??\C:\...`.
class ServiceManager {
 public:
  ServiceManager(MachineState& state, const disk::Drive& drive) : state_(state), drive_(drive) {}

  // Lets time pass, with all that happens meanwhile. True where something did happen.
  bool advance_to(std::int64_t clock_ms);

  void create(std::string_view name, ServiceConfig config);
  void change(std::string_view name, ServiceConfig wanted);
  void remove(std::string_view name);
  void start(std::string_view name);
  void stop(std::string_view name);
  std::vector<std::string> active_dependents(std::string_view name);
  bool process_alive(std::uint32_t process_id) const;

  // At boot: every service that starts by itself, after what it depends on. A failure stays with
  // its service.
  void start_automatic_services();
  // Arms what was set since the service started, lets go what is held no longer.
  void apply_behaviour(std::string_view name);

 private:
  ServiceRecord& existing(std::string_view name, const Attempt& attempt);
  void remember_durable_form(const std::string& folded);
  void check_config(std::string_view name, const ServiceConfig& config, const Attempt& attempt);
  void start_dependencies(const ServiceRecord& record, const Attempt& attempt);
  void wait_until_settled(const std::string& folded);
  disk::Place image_of(const ServiceRecord& record, const Attempt& attempt) const;
  void load_image(ServiceRecord& record, const disk::Place& image);

  bool next_event(std::int64_t until);  // handles the earliest one that is due
  void started(ServiceRecord& record);
  void ended(const std::string& folded, std::uint32_t exit_code, std::int64_t lingers_ms);
  void erase_if_marked(const std::string& folded);

  MachineState& state_;
  const disk::Drive& drive_;
};

}  // namespace machine::simulated
