#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace machine {

struct DataCollectorSet {
  std::string xml;  // UTF-8: its definition, as Windows returns it
  bool running = false;

  bool operator==(const DataCollectorSet&) const = default;
};

// The user-defined data collector sets of Performance Logs and Alerts, which `logman create` makes
// and the Performance Monitor shows. The definition outlasts a boot, what runs does not. Names are
// compared without case.
//
// Error codes are the HRESULTs of [MS-PLA] 2.2.1. A Windows without Performance Logs and Alerts has
// no set; to define, start or stop one fails there.
class DataCollectors {
 public:
  DataCollectors() = default;
  DataCollectors(const DataCollectors&) = delete;
  DataCollectors& operator=(const DataCollectors&) = delete;
  virtual ~DataCollectors() = default;

  // Returns nullopt if there is no such set.
  virtual std::optional<DataCollectorSet> get(std::string_view name) = 0;
  // Makes the set, or replaces its definition; does not start it. XML that was read back is stored
  // unchanged.
  virtual void put(std::string_view name, std::string_view xml) = 0;
  // Missing: 0x80300002. Running already: 0x803000AA.
  virtual void start(std::string_view name) = 0;
  // Returns when the session has ended. Missing: 0x80300002. Not running: success. What the session
  // has written stays.
  virtual void stop(std::string_view name) = 0;
  // Removes the definition. A missing set is success. Running: 0x803000AA.
  virtual void remove(std::string_view name) = 0;
};

}  // namespace machine
