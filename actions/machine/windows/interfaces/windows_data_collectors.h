#pragma once

#include <memory>

#include "actions/machine/data_collectors.h"

namespace machine::windows {
class Apartment;
}

namespace machine::windows::interfaces {

// Performance Logs and Alerts over its automation object, Pla.DataCollectorSet, whose methods are
// called by name: mingw-w64 has no declaration of them. A failure's code is an HRESULT, as a number
// without a sign, or the Win32 code that the HRESULT carries (0x8007xxxx).
class WindowsDataCollectors final : public DataCollectors {
 public:
  WindowsDataCollectors();
  ~WindowsDataCollectors() override;
  std::optional<DataCollectorSet> get(std::string_view name) override;
  void put(std::string_view name, std::string_view xml) override;
  void start(std::string_view name) override;
  void stop(std::string_view name) override;
  void remove(std::string_view name) override;

 private:
  void enter();

  std::unique_ptr<Apartment> apartment_;  // from the first call on
};

}  // namespace machine::windows::interfaces
