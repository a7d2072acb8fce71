// Lists that meta keeps as JSON text: a text that is damaged, or an entry of it, counts for
// nothing.
#include "engine/product/meta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace engine::product {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Meta, What_is_no_text_in_a_list_of_texts_counts_for_nothing) {
  EXPECT_THAT(strings_from_text(R"(["a", 7, null, ["b"], "c"])"), ElementsAre("a", "c"));
  for (const char* damaged : {"", "{", "7", "{}", "[1]", R"({"a": "b"})"})
    EXPECT_THAT(strings_from_text(damaged), IsEmpty()) << damaged;
  EXPECT_THAT(strings_from_text(std::nullopt), IsEmpty());
}

TEST(Meta, A_stop_without_a_name_or_an_image_counts_for_nothing) {
  const auto stopped = stopped_from_text(
      R"([{"name": "EbpfCore", "before": {"state": "running"}}, {"name": 7, "before": {}},
          {"before": {}}, {"name": "NetEbpfExt"}, "eBPFSvc"])");
  ASSERT_EQ(stopped.size(), 1U);
  EXPECT_EQ(stopped[0].name, "EbpfCore");
}

}  // namespace
}  // namespace engine::product
