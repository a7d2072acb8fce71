// A VM in a folder and one in memory live the same seeded random lives: each call has the same
// result on both, and leaves equal machines.
#include <gtest/gtest.h>

#include <cstdlib>
#include <exception>
#include <filesystem>

#include "actions/machine/files.h"
#include "errors/failure.h"
#include "tests/machine/random_calls.h"

namespace {

constexpr std::uint64_t kLives = 60;
constexpr int kCallsOfALife = 50;

// BOTH_FORMS_LIVES: how many, for a long search.
std::uint64_t lives() {
  const char* text = std::getenv("BOTH_FORMS_LIVES");
  return text == nullptr ? kLives : std::strtoull(text, nullptr, 10);
}

std::string result_of(const RandomCall& call, Twin& twin) {
  try {
    return call.make(twin);
  } catch (const errors::Failure& failure) {
    return "fails: " + std::to_string(static_cast<int>(failure.code())) + ", the system's code " +
           (failure.system() ? std::to_string(failure.system()->code) : "none");
  } catch (const std::exception& error) {
    ADD_FAILURE() << "what no caller expects: " << error.what();
    return "throws";
  }
}

class Life {
 public:
  explicit Life(std::uint64_t seed) : calls_(seed, temporary_.path().string()) {
    for (const char* folder : {R"(C:\A)", R"(C:\A\B)"}) {
      folder_.machine().files().create_folder(folder);
      memory_.machine().files().create_folder(folder);
    }
  }

  // False where the twins differ.
  bool goes_on() {
    const RandomCall call = calls_.next();
    story_ += call.words + "\n";
    const std::string in_folder = result_of(call, folder_);
    EXPECT_EQ(result_of(call, memory_), in_folder);
    expect_equal(folder_, memory_);
    if (testing::Test::HasFailure()) ADD_FAILURE() << story_;
    return !testing::Test::HasFailure();
  }

  void ends() {
    Twin folder(folder_);
    Twin memory(memory_);
    folder.vm().reboot();
    memory.vm().reboot();
    expect_equal(folder, memory);
    for (std::uint64_t seed = 0; seed < 6; ++seed) {
      SCOPED_TRACE("a power cut with seed " + std::to_string(seed));
      Twin cut_folder(folder_);
      Twin cut_memory(memory_);
      cut_folder.vm().cut_power(seed);
      cut_memory.vm().cut_power(seed);
      expect_equal(cut_folder, cut_memory);
    }
    if (testing::Test::HasFailure()) ADD_FAILURE() << story_;
  }

 private:
  static void expect_equal(Twin& folder, Twin& memory) {
    EXPECT_EQ(memory.picture(), folder.picture());
  }

  lab::TemporaryFolder temporary_;
  RandomCalls calls_;
  Twin folder_{Form::kFolder};
  Twin memory_{Form::kMemory};
  std::string story_ = "so far:\n";
};

TEST(BothForms, Answer_each_call_alike_and_leave_equal_machines) {
  for (std::uint64_t seed = 1; seed <= lives(); ++seed) {
    SCOPED_TRACE("life " + std::to_string(seed));
    Life life(seed);
    for (int i = 0; i < kCallsOfALife; ++i)
      if (!life.goes_on()) return;
    life.ends();
    if (HasFailure()) return;
  }
}

}  // namespace
