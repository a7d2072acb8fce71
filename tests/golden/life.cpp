#include "tests/golden/life.h"

#include <sstream>
#include <stdexcept>

#include "actions/machine/machine.h"
#include "actions/machine/system.h"
#include "engine/commands/commands.h"
#include "tests/faults/scenario.h"
#include "tests/golden/machine_lines.h"
#include "tests/golden/renaming.h"

namespace golden {

using engine::commands::Command;

engine::handler::Reply live(const Room& room, const Scenario& scenario, const std::string& life) {
  engine::handler::Reply reply;
  std::istringstream words(life);
  for (std::string word; words >> word;) {
    if (word == "mended") {
      for (const char* service : {"EbpfCore", "NetEbpfExt", "eBPFSvc", "GuestProxyAgent"})
        room.vm().set(std::string("service:") + service, {"clear"});
    } else if (word == "dropped") {
      room.drop_packages();
    } else if (word == "later") {
      constexpr std::int64_t kHalfAnHourMs = 1'800'000;
      room.vm().machine()->system().wait_ms(kHalfAnHourMs);
    } else if (word == "boot") {
      room.vm().reboot();
    } else if (word == "cut") {
      room.vm().power_cut(0);
    } else if (word == "abandoned") {
      reply = room.vm().recover_abandoned();
    } else if (word == "again") {
      reply = room.vm().run(scenario.command, room.package(scenario.package));
    } else if (const auto command = engine::commands::command_from(word)) {
      reply = room.vm().run(*command, room.newest_package());
    } else {
      throw std::runtime_error("no word of a life: " + word);
    }
  }
  return reply;
}

Lines outcome(Room& room, const engine::handler::Reply& reply, const Lines& begun) {
  const std::uint64_t first_new = std::stoull(begun.at("drive: next id"));
  const Lines before = with_new_ids_masked(without_times(rows_in(begun)), first_new);
  const Lines after =
      with_new_ids_masked(without_times(rows_of(room.camera().take(), room.folder())), first_new);
  Lines lines =
      without_times({{"reply", std::to_string(static_cast<int>(reply.code)) + " " +
                                   (reply.lines.empty() ? "" : encoded(reply.lines.front()))}});
  for (const auto& [key, value] : after) {
    const auto known = before.find(key);
    if (known == before.end() || known->second != value) lines[key] = value;
  }
  for (const auto& [key, value] : before)
    if (!after.contains(key)) lines["gone " + key] = "yes";
  return replaced(lines, room.folder().string(), "{room}");
}

Lines picture(const Room& room) {
  Lines lines;
  nlohmann::json all = faults::picture(room.vm());
  nlohmann::json folders = nlohmann::json::object();
  for (const nlohmann::json& folder : all.at("folders"))
    folders[folder.get<std::string>()] = true;  // a line each
  all["folders"] = folders;
  add_json(lines, "picture", all);
  return replaced(without_times(lines), room.folder().string(), "{room}");
}

}  // namespace golden
