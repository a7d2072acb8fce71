#pragma once

#include <string>
#include <string_view>

namespace machine::windows {

// Returns Windows' verdict on the Authenticode signature of a service's image, for messages: "Its
// image is signed, and Windows trusts the signature." or why not, with the code. Does not use the
// network, and so sees no revocation; a stricter rule (WDAC, HVCI) may still refuse a driver.
std::string signature_of(std::string_view path);

}  // namespace machine::windows
