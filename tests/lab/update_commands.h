#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "engine/commands/commands.h"

namespace lab {

// The VM Agent calls the handler of the version that goes, or of the one that comes in.
enum class Handler { kOld, kNew };

struct UpdateCommand {
  engine::commands::Command command;
  std::string_view name;  // as on the command line
  Handler handler;
};

// The commands of an update, in the order in which the VM Agent calls them.
inline constexpr std::array<UpdateCommand, 5> kUpdateCommands{{
    {engine::commands::Command::kDisable, "disable", Handler::kOld},
    {engine::commands::Command::kUpdate, "update", Handler::kNew},
    {engine::commands::Command::kUninstall, "uninstall", Handler::kOld},
    {engine::commands::Command::kInstall, "install", Handler::kNew},
    {engine::commands::Command::kEnable, "enable", Handler::kNew},
}};

// The commands from `first` on.
inline std::span<const UpdateCommand> update_from(engine::commands::Command first) {
  return {std::ranges::find(kUpdateCommands, first, &UpdateCommand::command),
          kUpdateCommands.end()};
}
// The commands before `end`.
inline std::span<const UpdateCommand> update_before(engine::commands::Command end) {
  return {kUpdateCommands.begin(),
          std::ranges::find(kUpdateCommands, end, &UpdateCommand::command)};
}

}  // namespace lab
