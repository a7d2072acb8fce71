#pragma once

#include <string>
#include <vector>

#include "tests/golden/lines.h"
#include "tests/golden/scenario.h"

namespace golden {

// A machine to be restored and lived.
struct Case {
  std::string point;              // where the process died: "17:kill-after"; "end"; "by hand"
  std::vector<std::string> tags;  // what it is an example of: "armed-before place-files"
  std::vector<std::string> lives;
  Lines lines;
};

// The cases of a scenario, told by its film. Of each step that runs: right behind the commit that
// arms it, right before the next one, and between the two where that is another machine; of each
// undo the same; and the machine at the command's end.
std::vector<Case> cases_of(const Scenario& scenario, Room& room);

// The journal's rows when the scenario has run to its end, renamed (renaming.h).
Lines written(const Scenario& scenario, Room& room);
Lines written_as_told(const std::vector<Section>& sections);

// What the program writes otherwise than a golden file tells: "- key" as told, "+ key" as found.
Lines changes(const Lines& told, const Lines& found);
// The same as the file has it, for a behaviour that was changed on purpose.
Lines changes_as_told(const std::vector<Section>& sections);

// Writes all files anew with the same machines, which an earlier program left, and with outcomes,
// pictures and changes as they are now.
void record_outcomes();

// The whole golden file of a scenario, by the program as it is.
std::string story_of(const Scenario& scenario);

std::string path_of(const Scenario& scenario);
// Of the golden file. Throws where it is missing.
std::vector<Section> sections_of(const Scenario& scenario);

}  // namespace golden
