#pragma once

#include <cstddef>

namespace world {

// No dead end: from every state of the journal, in every world, the VM Agent's own calls lead to
// the wanted version running, or to nothing left where it was removed, once the cause is gone. Each
// case that finds no such way fails the test with its story; what is said is how many ways there
// were of each kind, by state. Of the cases each `every`th is lived; EBPF_WORLD and EBPF_SITUATION
// choose one, and print its story.
void leave_each_state(std::size_t every);

}  // namespace world
