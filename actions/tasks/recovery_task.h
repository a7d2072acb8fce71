#pragma once

#include <string>
#include <string_view>

namespace actions::tasks {

inline constexpr int kRecoveryEveryMinutes = 10;

// The task by which a machine recovers when no command comes any more: as SYSTEM, at boot and every
// ten minutes (the program decides whether the last command was long enough ago), "PROGRAM recover
// --abandoned". Never twice at once; also on batteries; a run that was missed is made up for.
// `program` is a path of the machine, UTF-8.
std::string recovery_task_xml(std::string_view program);

}  // namespace actions::tasks
