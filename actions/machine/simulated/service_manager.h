#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actions/machine/simulated/disk/drive.h"
#include "actions/machine/simulated/state.h"
#include "actions/machine/simulated/win32_error.h"

namespace machine::simulated {

// Erases the service (its name folded) with its registry key.
void erase_service(MachineState& state, const std::string& folded);

// The Service Control Manager's rules, over the state of a VM, and the virtual clock of its pending
// states. It lives for one call and keeps nothing.
//
// services.h has the rules that the real machine shares. This one's own: a start or stop takes
// virtual time (a driver 60 and 30 ms, a process 150 and 100 ms, unless a behaviour is armed);
// start() waits for dependencies that it had to start, at most 30 s, then fails with 1068; a driver
// that does not start fails the call, a process fails later unless its image cannot be loaded; a
// driver's image path is stored as `\??\C:\...`.
class ServiceManager {
 public:
  ServiceManager(MachineState& state, const disk::Drive& drive) : state_(state), drive_(drive) {}

  // Lets time pass, with every event that is due. Returns true if there was one.
  bool advance_to(std::int64_t clock_ms);

  void create(std::string_view name, ServiceConfig config);
  void change(std::string_view name, ServiceConfig wanted);
  void remove(std::string_view name);
  void start(std::string_view name);
  void stop(std::string_view name);
  std::vector<std::string> active_dependents(std::string_view name);
  bool process_alive(std::uint32_t process_id) const;

  // At boot: starts every automatic service after its dependencies. A failure stays with its
  // service.
  void start_automatic_services();
  // Applies behaviours that were set since the service started, and ends those that were cleared.
  void apply_behaviour(std::string_view name);

 private:
  ServiceRecord& existing(std::string_view name, const Attempt& attempt);
  void remember_durable_form(const std::string& folded);
  void check_config(std::string_view name, const ServiceConfig& config, const Attempt& attempt);
  void start_dependencies(const ServiceRecord& record, const Attempt& attempt);
  void wait_until_settled(const std::string& folded);
  disk::Place image_of(const ServiceRecord& record, const Attempt& attempt) const;
  void load_image(ServiceRecord& record, const disk::Place& image);

  bool next_event(std::int64_t until);  // handles the earliest event that is due
  void started(ServiceRecord& record);
  void ended(const std::string& folded, std::uint32_t exit_code, std::int64_t lingers_ms);
  void erase_if_marked(const std::string& folded);

  MachineState& state_;
  const disk::Drive& drive_;
};

}  // namespace machine::simulated
