#pragma once

#include <string>

namespace lab {

// The first line by which a status file contradicts itself: it says `success`, and the substatus of
// EbpfCore, NetEbpfExt, eBPFSvc or Files says `error`. "": it does not. `text`: of the file; what
// is no status says nothing.
std::string contradiction_in(const std::string& text);

}  // namespace lab
