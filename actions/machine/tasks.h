#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace machine {

struct ScheduledTask {
  std::string xml;  // UTF-8, as the scheduler returns it
  bool enabled = true;

  bool operator==(const ScheduledTask&) const = default;
};

// The Task Scheduler. Names are paths from its root: "\eBPF for Windows\trace", or a plain name in
// the root folder; a leading '\' makes no difference. Compared without case.
class Tasks {
 public:
  Tasks() = default;
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;
  virtual ~Tasks() = default;

  // Returns nullopt if there is no such task.
  virtual std::optional<ScheduledTask> get(std::string_view name) = 0;
  // Makes the task, with the folders of its name, or replaces it. `xml` is UTF-8; the encoding in
  // its declaration is ignored. The scheduler stores its own wording of the XML: read it back to
  // recognise the task later; XML that was read back is stored unchanged. The task is enabled
  // unless its settings say otherwise. XML that is no task: 0x8004131A (SCHED_E_MALFORMEDXML).
  virtual void put(std::string_view name, std::string_view xml) = 0;
  // A missing task is success. A running instance is not ended. Also removes folders that this
  // leaves empty.
  virtual void remove(std::string_view name) = 0;
  // Sets whether triggers start the task. Missing: 2. May change the wording of its XML.
  virtual void set_enabled(std::string_view name, bool enabled) = 0;
};

}  // namespace machine
