#include <gtest/gtest.h>

#include <random>

#include "json/json.h"
#include "package/payload_manifest.h"
#include "tests/package/package_folder.h"

namespace package {
namespace {

using Json = nlohmann::json;
using errors::ExitCode;
using errors::Failure;

const std::string kHash(64, 'a');

Json valid() {
  return {{"schema", 1},
          {"version", "1.0.0-rc1"},
          {"min_os_build", 20348},
          {"machine", "x64"},
          {"files",
           {{{"path", "drivers/eBPFCore.sys"},
             {"size", 4711},
             {"sha256", kHash},
             {"role", "driver"},
             {"version", "1.0.0-rc1"}},
            {{"path", "ebpfapi.pdb"}, {"size", 0}, {"sha256", kHash}, {"role", "symbols"}}}}};
}

void expect_refused(const std::string& text, const std::string& defect) {
  const Failure failure = failure_of([&] { parse_manifest(text); });
  EXPECT_EQ(failure.code(), ExitCode::kPackageDamaged);
  EXPECT_EQ(failure.object(), "payload.json");
  EXPECT_NE(failure.message().find(defect), std::string::npos) << failure.message();
  EXPECT_NO_THROW(failure.to_json().dump()) << "a message must be UTF-8";
}

void expect_refused(const Json& json, const std::string& defect) {
  expect_refused(json.dump(), defect);
}

Json with(const char* key, const Json& value) {
  Json json = valid();
  json[key] = value;
  return json;
}

Json with_file(const char* key, const Json& value) {
  Json json = valid();
  json["files"][1][key] = value;
  return json;
}

TEST(PayloadManifest, A_valid_text_is_read) {
  const PayloadManifest manifest = parse_manifest(valid().dump());
  EXPECT_EQ(manifest.schema, 1);
  EXPECT_EQ(manifest.version, (Version{1, 0, 0, "rc1"}));
  EXPECT_EQ(manifest.min_os_build, 20348);
  EXPECT_EQ(manifest.machine, "x64");
  ASSERT_EQ(manifest.files.size(), 2U);
  EXPECT_EQ(manifest.files[0], (PayloadFile{"drivers/eBPFCore.sys", 4711, kHash, Role::kDriver,
                                            Version{1, 0, 0, "rc1"}}));
  EXPECT_EQ(manifest.files[1],
            (PayloadFile{"ebpfapi.pdb", 0, kHash, Role::kSymbols, std::nullopt}));
}

TEST(PayloadManifest, What_is_written_is_read_back_and_sorted) {
  PayloadManifest manifest = parse_manifest(valid().dump());
  std::swap(manifest.files[0], manifest.files[1]);
  const std::string text = to_json(manifest);
  EXPECT_EQ(text, to_json(parse_manifest(text)));
  EXPECT_TRUE(text.starts_with("{\n  \"schema\": 1,\n  \"version\": \"1.0.0-rc1\",\n"));
  EXPECT_TRUE(text.ends_with("}\n"));
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(parse_manifest(text).files[0].path, "drivers/eBPFCore.sys");
}

TEST(PayloadManifest, Every_role_has_a_name_that_is_read_back) {
  for (const char* name :
       {"driver", "service", "library", "tool", "netsh-helper", "task", "script", "symbols"}) {
    const auto role = role_from_text(name);
    ASSERT_TRUE(role) << name;
    EXPECT_EQ(to_text(*role), name);
  }
  EXPECT_FALSE(role_from_text("Driver"));
  EXPECT_FALSE(role_from_text(""));
}

TEST(PayloadManifest, Unknown_keys_are_left_to_later_versions) {
  EXPECT_NO_THROW(parse_manifest(with("note", "x").dump()));
  EXPECT_NO_THROW(parse_manifest(with_file("note", "x").dump()));
}

TEST(PayloadManifest, What_is_no_JSON_object_in_UTF_8_is_refused) {
  expect_refused(std::string(""), "not JSON");
  expect_refused(std::string("{"), "not JSON");
  expect_refused(std::string("MZ\x90"), "not JSON");
  expect_refused(valid().dump() + "x", "not JSON");
  expect_refused("\xEF\xBB\xBF" + valid().dump(), "byte order mark");
  expect_refused(std::string("{\"schema\":1,\"version\":\"\xff\xfe\"}"), "not JSON in UTF-8");
  expect_refused(std::string("{\"schema\":1e999}"), "number");
  expect_refused(Json::array({valid()}), "not a JSON object");
  expect_refused(std::string("null"), "not a JSON object");
  expect_refused(std::string("\"text\""), "not a JSON object");
  expect_refused(std::string(kMaxManifestBytes, '['), "not JSON");
  expect_refused(std::string(10 * 1024 * 1024, ' '), "larger than 4 MiB");
}

TEST(PayloadManifest, Another_schema_is_refused) {
  for (const Json& schema : {Json(0), Json(2), Json("1"), Json(nullptr), Json(true)}) {
    expect_refused(with("schema", schema), "schema");
  }
}

TEST(PayloadManifest, Each_missing_field_is_named) {
  for (const char* key : {"schema", "version", "min_os_build", "machine", "files"}) {
    Json json = valid();
    json.erase(key);
    expect_refused(json, "'" + std::string(key) + "' is missing");
  }
  for (const char* key : {"path", "size", "sha256", "role"}) {
    Json json = valid();
    json["files"][1].erase(key);
    expect_refused(json, "files[1]");
    expect_refused(json, "'" + std::string(key) + "' is missing");
  }
}

TEST(PayloadManifest, Fields_of_another_type_or_range_are_refused) {
  expect_refused(with("version", 1), "'version'");
  expect_refused(with("version", "1.0"), "'version'");
  expect_refused(with("min_os_build", -1), "'min_os_build'");
  expect_refused(with("min_os_build", "20348"), "'min_os_build'");
  expect_refused(with("min_os_build", 1'000'001), "'min_os_build'");
  expect_refused(with("machine", "x86"), "'machine'");
  expect_refused(with("machine", nullptr), "'machine'");
  expect_refused(with("files", Json::array()), "'files'");
  expect_refused(with("files", Json::object()), "'files'");
  expect_refused(with("files", Json::array({1})), "files[0]: it is not an object");
  expect_refused(with_file("role", "Driver"), "'role'");
  expect_refused(with_file("role", 1), "'role'");
  expect_refused(with_file("version", ""), "'version'");
  expect_refused(with_file("version", nullptr), "'version'");
}

TEST(PayloadManifest, Sizes_are_whole_numbers_up_to_4_GiB) {
  EXPECT_NO_THROW(parse_manifest(with_file("size", kMaxFileBytes).dump()));
  for (const Json& size : {Json(-1), Json(1.5), Json(4711.0), Json("1"), Json(nullptr),
                           Json(kMaxFileBytes + 1), Json(UINT64_MAX)}) {
    expect_refused(with_file("size", size), "'size'");
  }
  expect_refused(std::string(R"({"schema":1,"version":"1.0.0","min_os_build":1,"machine":"x64",)"
                             R"("files":[{"path":"a","size":18446744073709551616,)"
                             R"("sha256":"","role":"tool"}]})"),
                 "'size'");
}

TEST(PayloadManifest, Hashes_are_64_lower_case_hex_digits) {
  for (const std::string& hash :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'A'),
        std::string(64, 'g'), std::string(64, ' ')}) {
    expect_refused(with_file("sha256", hash), "'sha256'");
  }
}

TEST(PayloadManifest, Paths_that_are_unsafe_on_Windows_are_refused) {
  for (
      const char* path :
      {"",   "..",       "../x", "a/../../x",       "./x",      "/x",   "//server/x", "C:/x", "C:x",
       "c:", "x:stream", "NUL",  "drivers/con.sys", "COM1.dll", "a//b", "a/",         "a.",   "a ",
       "a?", "a*.dll",   "a\nb"}) {
    expect_refused(with_file("path", path), "its path is not safe");
  }
  expect_refused(with_file("path", "drivers\\x.sys"), "backslash");
  expect_refused(with_file("path", "..\\x"), "its path is not safe");
  expect_refused(with_file("path", std::string(5000, 'x')), "its path is not safe");
  expect_refused(with_file("path", std::string("a\0b", 3)), "its path is not safe");
}

TEST(PayloadManifest, Names_have_up_to_128_bytes) {
  const std::string longest(128, 'x');
  EXPECT_NO_THROW(parse_manifest(with_file("path", longest).dump()));
  EXPECT_NO_THROW(parse_manifest(with_file("path", "a/" + longest + "/b").dump()));
  expect_refused(with_file("path", longest + "x"), "a name of more than 128 bytes");
  expect_refused(with_file("path", "a/" + longest + "x/b"), "a name of more than 128 bytes");
  expect_refused(with_file("path", "a/" + longest + "x"), "a name of more than 128 bytes");
}

TEST(PayloadManifest, Two_names_of_one_file_are_refused) {
  expect_refused(with_file("path", "drivers/eBPFCore.sys"), "same file");
  expect_refused(with_file("path", "DRIVERS/ebpfcore.SYS"), "same file");
  expect_refused(with_file("path", "Drivers"), "is a file and the folder of");
}

TEST(PayloadManifest, Ten_thousand_files_are_enough) {
  Json json = valid();
  json["files"] = Json::array();
  for (std::size_t i = 0; i <= kMaxPayloadFiles; ++i)
    json["files"].push_back(1);
  expect_refused(json, "more than 10000 files");
}

TEST(PayloadManifest, Ten_thousand_files_with_long_paths_fit_into_a_manifest) {
  PayloadManifest manifest = parse_manifest(valid().dump());
  const PayloadFile file{"", kMaxFileBytes, kHash, Role::kNetshHelper, Version{1, 0, 0, "rc1"}};
  manifest.files.assign(kMaxPayloadFiles, file);
  for (std::size_t i = 0; i < manifest.files.size(); ++i) {
    manifest.files[i].path = std::string(100, 'a') + "/" + std::string(90, 'b') + std::to_string(i);
  }
  EXPECT_EQ(parse_manifest(to_json(manifest)).files.size(), kMaxPayloadFiles);
}

TEST(PayloadManifest, Names_that_Windows_may_take_for_another_files_are_refused) {
  for (const char* path : {"EBPFCO~1.SYS", "PROGRA~1/x.dll", "a/b~12", "x~1"})
    expect_refused(with_file("path", path), "short alias");
  for (const char* path : {"a~b", "~", "a~", "1~a"})
    EXPECT_NO_THROW(parse_manifest(with_file("path", path).dump())) << path;
  for (const char* path : {"\xC3\xA9.dll", "a/\xE2\x84\xAA.sys"})
    expect_refused(with_file("path", path), "not plain ASCII");
}

TEST(PayloadManifest, Seeded_damage_is_refused_or_read_and_nothing_else) {
  const std::string text = valid().dump();
  for (unsigned seed = 0; seed < 5'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::string damaged = text;
    for (unsigned flips = 1 + seed % 3; flips > 0; --flips) {
      damaged[random() % damaged.size()] = static_cast<char>(random() & 0xffU);
    }
    try {
      parse_manifest(damaged);
    } catch (const Failure& failure) {
      ASSERT_EQ(failure.code(), ExitCode::kPackageDamaged);
      ASSERT_NO_THROW(failure.to_json().dump());
    }
  }
}

}  // namespace
}  // namespace package
