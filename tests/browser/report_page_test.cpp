// The page of `journal export --html`, opened in a browser: read, filtered, by keyboard, printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/commands/commands.h"
#include "tests/browser/browser.h"
#include "tests/lab/lab.h"
#include "tests/lab/past_triggers.h"
#include "tests/lab/program.h"
#include "tests/lab/temporary_folder.h"
#include "tests/lab/update_sequence.h"

namespace browser {
namespace {

using engine::commands::Command;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

json ask(const std::string& expression) { return {{"ask", expression}}; }
json key(const char* name) { return {{"key", name}}; }

// What is seen of the table of operations.
constexpr const char* kShown =
    "[...document.querySelectorAll('tbody.operation')].filter(o => o.offsetHeight > 0).length";
constexpr const char* kCount = "document.getElementById('count').textContent";
constexpr const char* kUnfolded =
    "[...document.querySelectorAll('.more > td > details')].filter(d => d.open).length";
// The filter waits until nobody types.
constexpr const char* kWait = "new Promise(done => setTimeout(done, 300))";

// The least contrast of a text with what is behind it, of all that is seen; and that text.
constexpr const char* kContrast = R"js((() => {
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const part = (value) => value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = numbers(color);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (color !== 'transparent' && numbers(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  let worst = [21, ''];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.offsetHeight || element.closest('svg, script')) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < worst[0]) worst = [contrast, node.data.trim()];
  }
  return worst;
})())js";

class ReportPage : public testing::Test {
 protected:
  void run(Command command, const lab::Package& package) const { vm_.run(command, package); }

  // An enable that is undone, one that is killed, an update that is undone, and what went well.
  void SetUp() override {
    run(Command::kInstall, package_);
    vm_.set("service:NetEbpfExt", {"start-fails=577"});
    run(Command::kEnable, package_);
    vm_.set("service:NetEbpfExt", {"clear"});
    ASSERT_TRUE(vm_.run_killed(Command::kEnable, package_, "services.start#1:kill-after"));
    run(Command::kEnable, package_);
    vm_.set("service:NetEbpfExt", {"start-fails=577", "only-version=1.1.0"});
    for (const lab::Call& call : lab::UpdateSequence(package_, fresh_).all())
      run(call.command, *call.package);
  }

  std::filesystem::path page() const {
    const lab::ProgramEnd ended =
        lab::run_program({.words = {EBPF_TEST_BIN "/ebpf-handler", "journal", "--journal",
                                    vm_.journal_path().string(), "export", "--html"},
                          .folder = folder_.path(),
                          .scratch = folder_.path()});
    EXPECT_EQ(ended.code, 0) << ended.err;
    const auto file = folder_.path() / "page.html";
    lab::write_file(file, ended.out);
    return file;
  }
  Found visited(const Look& look, const json& steps) const {
    const auto file = page();
    Found found = visit(file, folder_.path() / "browser", look, steps);
    EXPECT_THAT(found.errors, IsEmpty());
    EXPECT_THAT(found.requests, ElementsAre("file://" + file.string()));
    if (found.answers.empty()) found.answers.resize(20);  // the visit has failed: said already
    return found;
  }

  lab::TemporaryFolder folder_;
  lab::Vm vm_ = lab::Vm::create(folder_.path() / "vm");
  lab::Package package_{folder_.path() / "old", "1.0.0"};
  lab::Package fresh_{folder_.path() / "new", "1.1.0"};
};

// Install, the enable that was undone, the one that died, the one that worked, the update.
constexpr int kOperations = 5;

TEST_F(ReportPage, Is_read_in_light_and_dark_on_a_wide_and_a_narrow_screen) {
  std::vector<json> backgrounds;
  for (const char* scheme : {"light", "dark"}) {
    for (const int width : {1280, 400}) {
      const Found found =
          visited({.scheme = scheme, .width = width},
                  {ask("document.querySelector('.failure .headline').innerText"), ask(kShown),
                   ask("document.documentElement.scrollWidth"), ask(kContrast),
                   ask("getComputedStyle(document.body).backgroundColor"),
                   ask("document.querySelector('.failure').innerText")});
      EXPECT_THAT(found.answers[0].get<std::string>(),
                  HasSubstr("Could not start service NetEbpfExt"));
      EXPECT_EQ(found.answers[1], kOperations);
      EXPECT_LE(found.answers[2].get<int>(), width) << "nothing is beside the screen";
      EXPECT_GE(found.answers[3][0].get<double>(), 4.5) << scheme << found.answers[3];
      backgrounds.push_back(found.answers[4]);
      EXPECT_THAT(found.answers[5].get<std::string>(), HasSubstr("1.0.0 -> 1.1.0"));
    }
  }
  EXPECT_EQ(backgrounds[0], backgrounds[1]);
  EXPECT_NE(backgrounds[0], backgrounds[2]);
}

TEST_F(ReportPage, Is_filtered_by_text_and_by_failures_and_says_how_many_are_left) {
  const Found found = visited({}, {ask(kCount),
                                   key("/"),
                                   {{"type", "NetEbpfExt 577"}},
                                   ask(kWait),
                                   ask(kShown),
                                   ask(kCount),
                                   key("Escape"),
                                   ask(kShown),
                                   ask("document.getElementById('failures').click()"),
                                   ask(kShown),
                                   ask(kCount)});
  EXPECT_EQ(found.answers[0], "5 of 5 operations");
  EXPECT_EQ(found.answers[2], 2) << "the enable that was undone, and the update";
  EXPECT_EQ(found.answers[3], "2 of 5 operations");
  EXPECT_EQ(found.answers[4], kOperations);
  EXPECT_EQ(found.answers[6], 3);
  EXPECT_EQ(found.answers[7], "3 of 5 operations");
}

TEST_F(ReportPage, Is_unfolded_by_keyboard_and_by_a_link_to_an_operation) {
  const Found found = visited(
      {},
      {ask(kUnfolded), ask("document.querySelector('#t1 summary').focus()"), key("Enter"),
       ask(kUnfolded), ask("document.querySelector('#t1 pre').offsetHeight === 0"),
       ask("location.hash = '#t2'"), ask(kWait), ask("document.querySelector('#t2 details').open"),
       ask("document.querySelector('#t2 .steps').innerText")});
  EXPECT_EQ(found.answers[0], 1) << "the last failure's";
  EXPECT_EQ(found.answers[2], 2);
  EXPECT_EQ(found.answers[6], true);
  EXPECT_THAT(found.answers[7].get<std::string>(), HasSubstr("failed, undone"));
}

TEST_F(ReportPage, Without_its_script_it_is_read_and_unfolded) {
  const Found found =
      visited({.script = false},
              {ask(kShown), ask("document.getElementById('controls').offsetHeight"),
               ask("document.querySelector('#t1 summary').focus()"), key("Enter"), ask(kUnfolded)});
  EXPECT_EQ(found.answers[0], kOperations);
  EXPECT_EQ(found.answers[1], 0) << "what would do nothing is not shown";
  EXPECT_EQ(found.answers[3], 2);
}

TEST_F(ReportPage, Is_printed_with_the_steps_of_what_failed_and_is_folded_again) {
  const Found found =
      visited({}, {ask("window.seen = 0; addEventListener('beforeprint', () => { window.seen = "
                       "[...document.querySelectorAll('.failed .more > td > details')]"
                       ".filter(d => d.open).length; })"),
                   {{"print", true}},
                   ask("window.seen"),
                   ask(kUnfolded)});
  EXPECT_EQ(found.answers[1].at("begin"), "%PDF-");
  EXPECT_GT(found.answers[1].at("size").get<int>(), 20'000);
  EXPECT_EQ(found.answers[2], 3);
  EXPECT_EQ(found.answers[3], 1);
}

TEST_F(ReportPage, Of_a_hostile_journal_does_nothing) {
  const std::string hostile =
      "'</td></table></script><script>window.obeyed = 1</script><img src=http://x.invalid/a "
      "onerror=\"window.obeyed = 2\"><style>body { display: none }</style><svg "
      "onload=\"window.obeyed = 3\"></svg><base href=http://x.invalid/>'";
  for (const char* column : {"sentence", "target", "kind"})
    lab::change_past_triggers(vm_.journal_path().string(),
                              "UPDATE step SET " + std::string(column) + " = " + hostile);
  lab::change_past_triggers(
      vm_.journal_path().string(),
      "UPDATE txn SET payload_version = " + hostile +
          ", cause = json_object('code', 1013, "
          "'object', " +
          hostile + ", 'tried', " + hostile + "); UPDATE event SET text = " + hostile +
          "; UPDATE step SET before_image = json_object('a', " + hostile + ", " + hostile + ", 1)");
  const Found found =
      visited({}, {ask("document.getElementById('unfold').click()"), ask(kWait),
                   ask("window.obeyed === undefined"), ask(kShown),
                   ask("document.querySelectorAll('img, base, body style, [onload]').length"),
                   ask("document.querySelector('#t2').innerText")});
  EXPECT_EQ(found.answers[2], true);
  EXPECT_EQ(found.answers[3], kOperations);
  EXPECT_EQ(found.answers[4], 0);
  EXPECT_THAT(found.answers[5].get<std::string>(), HasSubstr("<script>window.obeyed = 1</script>"));
}

}  // namespace
}  // namespace browser
