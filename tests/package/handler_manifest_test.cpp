#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "json/json.h"
#include "package/handler_manifest.h"
#include "tests/package/package_folder.h"

namespace package {
namespace {

using Json = nlohmann::json;

// The keys that the VM Agent is known to read, or that its documentation asks for.
const std::set<std::string> kKnownKeys{
    "installCommand",          "enableCommand",   "disableCommand",    "updateCommand",
    "uninstallCommand",        "updateMode",      "resetCommand",      "resetStateCommand",
    "continueOnUpdateFailure", "reportHeartbeat", "rebootAfterInstall"};

TEST(HandlerManifest, It_is_an_array_of_one_with_all_commands) {
  const Json json = Json::parse(handler_manifest());
  ASSERT_TRUE(json.is_array());
  ASSERT_EQ(json.size(), 1U);
  const Json& manifest = json[0].at("handlerManifest");
  for (const char* command : {"install", "enable", "disable", "update", "uninstall"}) {
    EXPECT_EQ(manifest.at(std::string(command) + "Command"),
              "ebpf-handler.exe " + std::string(command));
  }
  EXPECT_EQ(manifest.at("resetCommand"), "ebpf-handler.exe reset");
  EXPECT_EQ(manifest.at("resetStateCommand"), "ebpf-handler.exe reset");
  EXPECT_EQ(manifest.at("updateMode"), "UpdateWithInstall");
  for (const char* flag : {"rebootAfterInstall", "reportHeartbeat", "continueOnUpdateFailure"}) {
    EXPECT_TRUE(manifest.at(flag).is_boolean()) << flag;
    EXPECT_FALSE(manifest.at(flag).get<bool>()) << flag;
  }
}

TEST(HandlerManifest, Its_version_is_the_number_1_0) {
  EXPECT_THAT(handler_manifest(), testing::HasSubstr("\"version\": 1.0,"));
}

TEST(HandlerManifest, It_has_no_key_that_the_VM_Agent_does_not_know) {
  const Json json = Json::parse(handler_manifest());
  for (const auto& [key, value] : json[0].at("handlerManifest").items()) {
    EXPECT_TRUE(kKnownKeys.contains(key)) << key;
  }
}

TEST(HandlerManifest, No_command_has_a_backslash_for_a_shell_to_eat) {
  EXPECT_EQ(handler_manifest().find('\\'), std::string::npos);
}

TEST(HandlerManifest, What_the_builder_writes_passes_its_own_check) {
  EXPECT_NO_THROW(check_handler_manifest(handler_manifest()));
}

TEST(HandlerManifest, What_a_VM_Agent_could_not_use_is_refused) {
  const Json good = Json::parse(handler_manifest());
  std::vector<Json> bad{good[0], Json::array(), Json::array({good[0], good[0]}), Json::array({1}),
                        Json::array({Json::object()})};
  bad.push_back(good);
  bad.back()[0]["version"] = "1.2.3.4";
  for (const std::string& key : kKnownKeys) {
    bad.push_back(good);
    bad.back()[0]["handlerManifest"].erase(key);
    bad.push_back(good);
    bad.back()[0]["handlerManifest"][key] = "false";
  }
  for (const Json& json : bad) {
    const auto failure = failure_of([&] { check_handler_manifest(json.dump()); });
    EXPECT_EQ(failure.code(), errors::ExitCode::kPackageDamaged) << json.dump();
    EXPECT_EQ(failure.object(), "HandlerManifest.json");
  }
  for (const char* text : {"", "[", "\xff", "null"}) {
    EXPECT_THROW(check_handler_manifest(text), errors::Failure) << text;
  }
}

}  // namespace
}  // namespace package
