#include "tests/actions/photographs.h"

#include <algorithm>

#include "actions/machine/call_observer.h"

namespace actions::testing {

std::string Case::names() const {
  std::string all;
  for (const std::string& point : points)
    all += "  " + point + "\n";
  return all;
}

class Album::Photographer final : public machine::CallObserver {
 public:
  Photographer(Album& album, TestVm& vm) : album_(album), vm_(vm) {
    vm_.observe([this] { changed(); });
  }
  Photographer(const Photographer&) = delete;
  Photographer& operator=(const Photographer&) = delete;
  ~Photographer() override { vm_.observe({}); }

  void before(const machine::Call& call) override {
    ++album_.calls_;
    ++album_.before_;
    call_ =
        "call " + std::to_string(album_.calls_) + ", " + std::string(call.name) + " " + call.object;
    album_.take(vm_, "before " + call_);
    changes_ = 0;
  }
  void after(const machine::Call& /*call*/) override {
    ++album_.after_;
    album_.take(vm_, "after " + call_);
  }

 private:
  void changed() {
    ++album_.inside_;
    album_.take(vm_, "inside " + call_ + ", behind its change " + std::to_string(++changes_));
  }

  Album& album_;
  TestVm& vm_;
  std::string call_ = "call 0";
  int changes_ = 0;
};

Album::Album(TestVm& vm, const std::function<void(machine::Machine&)>& work) {
  Photographer photographer(*this, vm);
  const auto observed = machine::observe(vm.machine(), photographer);
  work(*observed);
  take(vm, "at the end of the run");
}

void Album::take(const TestVm& vm, std::string point) {
  TestVm::Photograph taken = vm.photograph();
  // From the back: equal machines are neighbours.
  const auto equal = std::find_if(cases_.rbegin(), cases_.rend(),
                                  [&](const Case& one) { return one.machine == taken; });
  if (equal != cases_.rend()) {
    equal->points.push_back(std::move(point));
  } else {
    cases_.push_back({std::move(taken), {std::move(point)}});
  }
}

}  // namespace actions::testing
