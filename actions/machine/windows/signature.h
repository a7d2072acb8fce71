#pragma once

#include <string>
#include <string_view>

namespace machine::windows {

// What Windows says of the Authenticode signature of a service's image, for messages: "Its image is
// signed, and Windows trusts the signature." or why not, with its code. Asks no network, so that
// revocations are not seen; a driver may still be refused by a stricter rule (WDAC, HVCI).
std::string signature_of(std::string_view path);

}  // namespace machine::windows
