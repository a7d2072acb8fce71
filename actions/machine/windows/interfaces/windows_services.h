#pragma once

#include <chrono>
#include <map>
#include <string>

#include "actions/machine/services.h"
#include "actions/machine/windows/manager_call.h"

namespace machine::windows::interfaces {

// The Service Control Manager. No handle outlives its call: an open handle would keep a deleted
// service marked. start and stop wait `answer_time` for the manager's answer (ManagerCall). Until
// the answer comes the service is start-pending or stop-pending; an error that comes later becomes
// the exit code of a service that has not started.
class WindowsServices final : public Services {
 public:
  explicit WindowsServices(std::chrono::milliseconds answer_time = std::chrono::seconds(3))
      : answer_time_(answer_time) {}
  std::optional<ServiceConfig> config(std::string_view name) override;
  std::optional<ServiceStatus> status(std::string_view name) override;
  // If it fails half-way, deletes the service again.
  void create(std::string_view name, const ServiceConfig& config) override;
  // Makes several calls of Windows: a failure half-way leaves the service half-changed.
  void change(std::string_view name, const ServiceConfig& wanted) override;
  void remove(std::string_view name) override;
  void start(std::string_view name) override;
  void stop(std::string_view name) override;
  std::vector<std::string> active_dependents(std::string_view name) override;
  bool process_alive(std::uint32_t process_id) override;

 private:
  struct Pending {
    ManagerCall call;
    ServiceStatus meanwhile;
  };

  // Makes the call and returns its answer; 0 also if the answer has not come yet.
  template <class Call>
  DWORD ask(std::string_view name, ServiceState meanwhile, Call call);
  std::string about_image(std::string_view name);

  std::chrono::milliseconds answer_time_;
  std::map<std::string, Pending> pending_;  // by folded name
};

}  // namespace machine::windows::interfaces
