#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace text {

// The 64-bit FNV-1a hash of the fields, each with its length before it, as 16 lower-case
// hexadecimal digits. It finds every single flipped bit (each step of the hash is one to one) and
// all but one in 2^64 of other accidents. No protection against intent: who can write the journal
// can write its sums. (Fowler, Noll, Vo; draft-eastlake-fnv.)
std::string check_sum(std::initializer_list<std::string_view> fields);

}  // namespace text
