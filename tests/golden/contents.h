#pragma once

#include <memory>
#include <string>

#include "actions/machine/simulated/disk/content.h"

namespace golden {

// The bytes of a file as a line and back: those of a payload by its name and the beginning of its
// SHA-256, "payload:1.0.0/…/x.dll#1a2b3c4d5e6f", or "half:…", as a copy leaves them that was killed
// half-way; all others themselves (lines.h).
std::string text_of_content(const std::string& bytes);
// Throws std::runtime_error where the payload lacks the file, or has another one.
std::shared_ptr<const machine::simulated::disk::Content> content_of(const std::string& text);

}  // namespace golden
