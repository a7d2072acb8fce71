#include "tests/browser/browser.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/lab/program.h"
#include "tests/lab/temporary_folder.h"

namespace browser {

Found visit(const std::filesystem::path& page, const std::filesystem::path& folder,
            const Look& look, const nlohmann::json& steps) {
  std::filesystem::create_directories(folder);
  const nlohmann::json call = {{"browser", "/usr/bin/chromium"},
                               {"page", page.string()},
                               {"folder", folder.string()},
                               {"scheme", look.scheme},
                               {"width", look.width},
                               {"script", look.script},
                               {"do", steps}};
  const std::filesystem::path file = folder / "call.json";
  lab::write_file(file, call.dump());
  const lab::ProgramEnd ended = lab::run_program(
      {.words = {"/usr/bin/python3", EBPF_TEST_SOURCE "/tests/browser/visit.py", file.string()},
       .folder = folder,
       .scratch = folder,
       .variables = {{"HOME", folder.string()}, {"PYTHONDONTWRITEBYTECODE", "1"}},
       .limit = std::chrono::seconds(120)});
  const auto told = nlohmann::json::parse(ended.out, nullptr, false);
  if (ended.code != 0 || told.is_discarded()) {
    ADD_FAILURE() << "the visit ended with " << ended.code << "\n" << ended.out << ended.err;
    return {};
  }
  return {told.at("answers"), told.at("errors"), told.at("requests")};
}

}  // namespace browser
